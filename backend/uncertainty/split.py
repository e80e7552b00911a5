"""Splits a summary into phrases: facts as they are, and the words between them in short chunks.

In: a text and its facts. Out: pieces that are ordered, do not overlap, and cover every non-space
character. A piece may carry punctuation or a particle that its core, the judged part, leaves out.
Knows nothing of documents, tokens or scores.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import budoux

from backend.uncertainty.facts import Fact
from backend.uncertainty.folding import JAPANESE

#: More words than this in one chunk are no longer one claim.
MAX_CHUNK_WORDS = 5

_JAPANESE_RUN = re.compile(f"[{JAPANESE}、。「」『』（）・！？：；]+")
_WORD = re.compile(r"\S+")
_BREAK_BEFORE = frozenset(
    "and or but because that which who when while after before during if since so although in on at to for "
    "from with by of due as than is are was were has have had will shall should must may can could".split()
)
_OPENING = frozenset("([{<\"'“‘「『（【〔《")
#: What a Japanese chunk may consist of to be no claim of its own: it stays with what it follows.
_PARTICLES = re.compile(
    r"(?:は|が|を|に|で|の|と|も|へ|や|から|まで|より|です|である|であり|だ|だった|でした|として|とする|とした|した|する|ため)?[\W_]*"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the summary: the whole range, the core that is judged, and its fact if it is one."""

    start_char: int
    end_char: int
    core_start_char: int
    core_end_char: int
    kind: str
    fact: Fact | None = None


def split(text: str, facts: list[Fact]) -> list[Piece]:
    """The pieces of the text, in order; empty for a text of spaces alone."""
    pieces: list[Piece] = []
    position = 0
    for fact in facts:
        pieces += _chunks(text, position, fact.start_char)
        pieces.append(Piece(fact.start_char, fact.end_char, fact.start_char, fact.end_char, fact.kind, fact))
        position = fact.end_char
    pieces += _chunks(text, position, len(text))
    return _attach(_keep_marks_whole(text, pieces), text)


def _chunks(text: str, start_char: int, end_char: int) -> list[Piece]:
    """Short chunks of the words between two facts."""
    gap = text[start_char:end_char]
    spans: list[tuple[int, int]] = []
    position = 0
    for run in _JAPANESE_RUN.finditer(gap):
        spans += _split_latin(gap, position, run.start())
        spans += _split_japanese(gap, run.start(), run.end())
        position = run.end()
    spans += _split_latin(gap, position, len(gap))
    return [Piece(start_char + a, start_char + b, start_char + a, start_char + b, "words") for a, b in spans if a < b]


@cache
def _japanese_parser() -> budoux.Parser:
    return budoux.load_default_japanese_parser()


def _split_japanese(gap: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for part in _japanese_parser().parse(gap[start:end]):
        if part.strip():
            yield start, start + len(part)
        start += len(part)


def _split_latin(gap: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Chunks of at most `MAX_CHUNK_WORDS` words: cut at punctuation, line ends, before function words."""
    words = [(m.start(), m.end()) for m in _WORD.finditer(gap, start, end)]
    chunk: list[tuple[int, int]] = []
    for word in words:
        if chunk and _is_cut(gap, chunk, word):
            yield chunk[0][0], chunk[-1][1]
            chunk = []
        chunk.append(word)
    if chunk:
        yield chunk[0][0], chunk[-1][1]


def _is_cut(gap: str, chunk: list[tuple[int, int]], word: tuple[int, int]) -> bool:
    before = gap[chunk[-1][0] : chunk[-1][1]]
    if len(chunk) >= MAX_CHUNK_WORDS or before[-1] in ".,;:!?" or "\n" in gap[chunk[-1][1] : word[0]]:
        return True
    return len(chunk) >= 2 and gap[word[0] : word[1]].lower() in _BREAK_BEFORE


def _keep_marks_whole(text: str, pieces: list[Piece]) -> list[Piece]:
    """Moves borders behind combining marks and joiners, so that no visible character is cut."""
    whole: list[Piece] = []
    floor = 0
    for piece in pieces:
        start_char, end_char = max(piece.start_char, floor), piece.end_char
        while end_char < len(text) and _continues(text, end_char):
            end_char += 1
        floor = max(floor, end_char)
        if text[start_char:end_char].strip():
            core = (max(piece.core_start_char, start_char), max(piece.core_end_char, start_char))
            whole.append(Piece(start_char, end_char, *core, piece.kind, piece.fact))
    return whole


def _continues(text: str, position: int) -> bool:
    """Whether the character belongs to the one before it (accent, variation selector, joined emoji)."""
    char = text[position]
    is_joined = position > 0 and text[position - 1] == "\u200d" and not char.isspace()
    return is_joined or char == "\u200d" or unicodedata.category(char) in ("Mn", "Mc", "Me") or "🏻" <= char <= "🏿"


def _attach(pieces: list[Piece], text: str) -> list[Piece]:
    """Gives pieces without a claim (punctuation, particles) to the piece before, brackets to the next."""
    joined: list[Piece] = []
    opening: Piece | None = None
    for piece in pieces:
        if opening is not None:
            piece = Piece(
                opening.start_char,
                piece.end_char,
                piece.core_start_char,
                piece.core_end_char,
                piece.kind,
                piece.fact,
            )
            opening = None
        body = text[piece.start_char : piece.end_char]
        if piece.fact is None and all(char in _OPENING for char in body.strip()):
            opening = piece
        elif piece.fact is None and joined and _is_tail(text, joined[-1], piece):
            last = joined[-1]
            core_end = last.core_end_char if last.fact else piece.end_char
            joined[-1] = Piece(last.start_char, piece.end_char, last.core_start_char, core_end, last.kind, last.fact)
        else:
            joined.append(piece)
    return joined if opening is None else [*joined, opening]


def _is_tail(text: str, before: Piece, piece: Piece) -> bool:
    gap = text[before.end_char : piece.start_char]
    body = text[piece.start_char : piece.end_char]
    if "\n" in gap:
        return False
    return not any(char.isalnum() for char in body) or (not gap and _PARTICLES.fullmatch(body) is not None)
