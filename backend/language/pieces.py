"""Token ids of a summary → its text, and which part of it each token stands for.

A byte-level tokenizer splits a Japanese character or an emoji over several tokens: such a character belongs to the
last of its tokens, and the others have no text. Joining the pieces gives the text, whatever the ids are.
"""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

_UNFINISHED = "\ufffd"  # what decoding shows for bytes that are not yet a character


def decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Text of ids as they stand, special tokens left out."""
    return tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)


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
