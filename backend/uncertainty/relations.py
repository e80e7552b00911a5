"""Finds what a text says of two numbers together: shares (3 of 50) and changes (from 58 to 56); and its counts.

In: a text in `folding.fold_case`, for counts also its rows. Out: shares, changes, numbers of pieces.
Knows nothing of which text is a document and which a summary, and compares nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from backend.uncertainty.tables import Rows
from backend.uncertainty.units import read_unit


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many: 3 of 50 pcs, 50個中3個."""

    start_char: int
    end_char: int
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Change:
    """A value, limit or range that was replaced by another, each as its numbers.

    Without a word of change beside it (`is_explicit`), "from 20 to 25" may as well be a range.
    """

    start_char: int
    end_char: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    is_explicit: bool = True


_WHOLE_NUMBER = r"\d{1,3}(?:,\d{3})+|\d{1,9}"
_NOUN = r"(?:[ ]?(?:pcs?|pieces?|ea|units?|parts?|samples?|cans?|drums?|[個本枚缶台件袋点箱]))?"
_SHARE = re.compile(
    rf"(?<![a-z\d.,/-])(?P<part>{_WHOLE_NUMBER}){_NOUN}[ ](?:out[ ])?of[ ](?:the[ ])?"
    rf"(?P<whole>{_WHOLE_NUMBER})(?![\w/-]|[.,]\d)|"
    rf"(?<![a-z\d.,/-])(?P<part_of_pieces>{_WHOLE_NUMBER})[ ]?/[ ]?(?P<pieces>{_WHOLE_NUMBER})[ ]?"
    r"(?:pcs?\b|pieces?\b|[個本枚缶台])|"
    rf"(?<![a-z\d.,/-])(?P<whole_before>{_WHOLE_NUMBER})[ ]?[個本枚缶台件袋点箱]?中[ ]?"
    rf"(?P<part_after>{_WHOLE_NUMBER})(?![.,]?\d)"
)
#: A sample of something that is no number of pieces: sample 30 of 443-8989-46.
_BROKEN_SHARE = re.compile(rf"(?<![a-z])sample[ ](?P<part>{_WHOLE_NUMBER})[ ]of[ ](?=\S{{0,12}}\d)\S+")
_COUNT_LABEL = (
    r"(?:sample(?:s|[ ]size)?|n|qty|quantity|(?:lot|batch)[ ]size|pieces|pcs|took|take|taken|checked|inspected|"
    r"抜取り?数?|抜き取り数?|サンプル数?|数量|個数|員数|検査数|ロットサイズ|ロット数)"
)
_LABELLED = re.compile(
    rf"(?<![a-z]){_COUNT_LABEL}(?:[ ](?:was|were|is|of))?[ ]?[:=は]?[ ]?(?P<count>{_WHOLE_NUMBER})(?![\w/-]*\d|[.,]\d)"
)
_COUNTED = re.compile(
    rf"(?<![a-z\d.,/:-])(?P<count>{_WHOLE_NUMBER})(?:[ ]?(?P<word>[a-z]{{2,}}s|pc|ea|[個本枚缶台件袋点])(?![a-z]))"
)
#: What pieces are packed in, and what looks like a plural.
_NO_PIECES = frozenset("boxes cartons pallets crates is was has this as us".split())
#: A whole number that fills a cell.
_CELL_COUNT = re.compile(rf"(?<=[|;\t,])[ ]*(?P<count>{_WHOLE_NUMBER})[ ]*(?=[|;\t,\n]|\Z)")
_IS_COUNT = re.compile(rf"{_COUNT_LABEL}(?:[ ]?[(\[].*)?")

_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_VALUE = (  # the look-behind keeps the search linear in a long run of digits
    rf"(?<![\d.])(?:(?:max\.?|min\.?|at most|at least|[<>≤≥≦≧±+-]=?)[ ]?)?{_NUMBER}"
    rf"(?:[ ]?(?:-|~|to|±|\+/-)[ ]?{_NUMBER})?(?:以上|以下)?(?:[ ]?[^\W\d_]{{1,4}}(?:[/·][a-z]{{1,3}}[²³23]?)?|%)?"
)
_CHANGE = re.compile(
    rf"(?<![a-z])from[ ](?P<before_1>{_VALUE})[ ]to[ ](?P<after_1>{_VALUE})|"
    rf"(?<![a-z])was[ ](?P<before_2>{_VALUE})[,;]?[ ](?:is[ ]|and[ ]is[ ])?now[ ](?P<after_2>{_VALUE})|"
    rf"(?P<after_3>{_VALUE})[ ]?[(,;][ ]?(?:previously|formerly|was|before|old)[ :]{{1,2}}(?P<before_3>{_VALUE})|"
    rf"(?P<after_4>{_VALUE})[ ](?:instead of|replaces|replacing|supersedes)[ ](?P<before_4>{_VALUE})|"
    rf"(?P<before_7>{_VALUE})[ ](?:(?:was|is|were|has been)[ ])?changed to[ ](?P<after_7>{_VALUE})|"
    rf"(?<![a-z])was[ ](?P<before_8>{_VALUE})[,;]?[ ]was now[ ](?P<after_8>{_VALUE})|"
    rf"旧[ :]?(?P<before_5>{_VALUE})[ ]?(?:→|から|[、,])?[ ]?新[ :]?(?P<after_5>{_VALUE})|"
    rf"(?P<before_6>{_VALUE})[ ]?(?:→|から)[ ]?(?P<after_6>{_VALUE})[ ]?(?:に|へ)"
)
_FORMS = range(1, 9)
_SAYS_CHANGE = re.compile(
    r"chang|revis|reduc|increas|rais|lower|tighten|relax|updat|modif|変更|改[訂定]|変え|見直|緩和|更新"
)
_NEAR_CHARS = 60
_DIGITS = re.compile(_NUMBER)


def find_shares(lower: str) -> Iterator[Share]:
    """Every share of the text, in order."""
    for match in _SHARE.finditer(lower):
        part = match["part"] or match["part_of_pieces"] or match["part_after"]
        whole = match["whole"] or match["pieces"] or match["whole_before"]
        yield Share(match.start(), match.end(), _read(part), _read(whole))


def find_broken_shares(lower: str) -> Iterator[tuple[int, int]]:
    """Ranges of samples that are said to be taken of what is no number of pieces."""
    for match in _BROKEN_SHARE.finditer(lower):
        if _SHARE.search(lower, match.start("part"), match.end() + 1) is None:
            yield match.start("part"), match.end()


def find_counts(rows: Rows) -> dict[int, int]:
    """How often each number of pieces occurs: labelled (qty 50), counted (50 pcs), in a column of them, in a share."""
    lower = rows.text
    places = {match.start("count"): match["count"] for match in _LABELLED.finditer(lower)}
    places |= {match.start("count"): match["count"] for match in _COUNTED.finditer(lower) if _is_piece(match["word"])}
    for number, (start_char, end_char) in enumerate(rows.lines):
        for match in _CELL_COUNT.finditer(lower, start_char, end_char):
            if _IS_COUNT.fullmatch(rows.heading(number, match.start("count"))):
                places[match.start("count")] = match["count"]
    for match in _SHARE.finditer(lower):
        for name in ("part", "whole", "part_of_pieces", "pieces", "part_after", "whole_before"):
            if match[name]:
                places[match.start(name)] = match[name]
    return dict(Counter(map(_read, places.values())))


def find_changes(lower: str) -> Iterator[Change]:
    """Every change of a number or a range of numbers, in order."""
    for match in _CHANGE.finditer(lower):
        before = next(match[f"before_{i}"] for i in _FORMS if match[f"before_{i}"])
        after = next(match[f"after_{i}"] for i in _FORMS if match[f"after_{i}"])
        near = lower[max(0, match.start() - _NEAR_CHARS) : match.end() + _NEAR_CHARS]
        is_explicit = match.lastgroup not in ("after_1", "after_6") or _SAYS_CHANGE.search(near) is not None
        yield Change(match.start(), match.end(), _numbers(before), _numbers(after), is_explicit)


def _read(digits: str) -> int:
    return int(digits.replace(",", ""))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(digits) for digits in _DIGITS.findall(text))


def _is_piece(word: str) -> bool:
    unit = read_unit(word)
    return word not in _NO_PIECES and (unit is None or unit.dimension == "count")
