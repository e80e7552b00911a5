"""Token ids of a summary → its text, and which part of it each token stands for.

A byte-level tokenizer splits a Japanese character or an emoji over several tokens: such a character belongs to the
last of its tokens, and the others have no text. Joining the pieces gives the text, whatever the ids are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

_UNFINISHED = "\ufffd"  # what decoding shows for bytes that are not yet a character
_NUL_SIGN = "\u2400"
_SENTENCE_END = re.compile(r"[。！？!?\n]\s*$|\.\s+$")
_SENTENCE_SIGNS = ("。", "！", "？", "!", "?", ".", "\n")
_LEAST_SENTENCE = 8  # tokens; "OK." may be said of two things
_TORN_BYTES = 3  # of a character, at most
_LEAST_KEPT = 0.5  # of the tokens; a text of one long sentence stays as it is


def decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Text of ids as they stand, special tokens left out; NUL, which databases refuse, as its sign."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text.replace("\x00", _NUL_SIGN)


def text_pieces(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """Text of each token; empty for a token that only begins a character."""
    pieces: list[str] = []
    settled = ""
    for count in range(1, len(ids) + 1):
        text = decode(tokenizer, ids[:count])
        ready = text if count == len(ids) else text.rstrip(_UNFINISHED)
        is_longer = len(ready) > len(settled) and ready.startswith(settled)
        pieces.append(ready[len(settled) :] if is_longer else "")
        settled = ready if is_longer else settled
    whole = decode(tokenizer, ids)
    if pieces and settled != whole:  # a decoder that rewrites earlier text: no token can be told apart safely
        return [""] * (len(ids) - 1) + [whole]
    return pieces


def end_well(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[int]:
    """The ids of a text that was cut off, up to its last sentence; at least without a torn character at the end.

    Back to a sentence only where half of the tokens stay. "12." is no end: a space or a line end must follow a full
    stop.
    """
    whole = next(
        (list(ids[: len(ids) - torn]) for torn in range(_TORN_BYTES + 1) if not _is_torn(tokenizer, ids, torn)),
        list(ids),
    )
    ends = sentence_ends(text_pieces(tokenizer, whole))
    last = max((end for end in ends if end > len(whole) * _LEAST_KEPT), default=len(whole))
    return whole[:last]


def sentence_ends(pieces: Sequence[str]) -> list[int]:
    """After how many tokens a sentence ends, in order. A full stop ends one before a space, not within a number."""
    ends = []
    for count in range(1, len(pieces) + 1):
        follows = pieces[count][:1] if count < len(pieces) else ""
        if _SENTENCE_END.search(pieces[count - 1] + (follows if follows.isspace() else "")):
            if ends[-1:] == [count - 1] and not pieces[count - 1].strip():
                ends.pop()  # the line end behind a full stop belongs to its sentence
            ends.append(count)
    return ends


def repeated_sentence(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> int:
    """How many of the last tokens are a sentence that stands in the text already, word for word; 0 if they are not."""
    if not decode(tokenizer, ids[-3:]).endswith(_SENTENCE_SIGNS):
        return 0  # three tokens hold any last character; to look at all of the text for each token would be slow
    pieces = text_pieces(tokenizer, ids)
    ends = sentence_ends([*pieces, " "])  # what follows is not known yet: as if a sentence ended here
    if not ends or ends[-1] != len(ids):
        return 0
    starts = [0, *ends[:-1]]
    said = ["".join(pieces[start:end]).strip() for start, end in zip(starts, ends, strict=True)]
    length = ends[-1] - starts[-1]
    return length if length >= _LEAST_SENTENCE and said[-1] in said[:-1] else 0


def _is_torn(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], taken: int) -> bool:
    return decode(tokenizer, ids[: len(ids) - taken]).endswith(_UNFINISHED)
