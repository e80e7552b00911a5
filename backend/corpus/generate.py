"""Draws documents one by one: case, style, layout, reference, facts.

In: a count, a seed, the shares of languages and kinds.
Out: `GeneratedDocument`s; document i depends on (seed, i) alone.
Knows nothing of how a summary is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from random import Random

from backend.corpus import layouts_en, layouts_ja, specification_en, specification_ja, wording_en, wording_ja
from backend.corpus.drawing import draw_weighted
from backend.corpus.facts import Fact, GeneratedDocument
from backend.corpus.inspection import draw_case, write_case
from backend.corpus.specification import draw_specification, write_specification
from backend.corpus.surfaces import (
    Surfaces,
    assemble,
    capitalise_sentences,
    draw_style,
    map_words,
    marked_keys,
)

LANGUAGES = {"en": 0.8, "ja": 0.2}
KINDS = {"inspection_log": 0.75, "specification": 0.25}
TYPO_SHARE = 0.06
_TYPOS = {
    "Checked": "Cheked",
    "measured": "measurd",
    "tolerance": "tolerence",
    "Disposition": "Dispositon",
    "record": "recrod",
    "Receiving": "Recieving",
    "requirement": "requirment",
    "readings": "readngs",
    "Specification": "Specifcation",
    "shall": "shal",
}


def generate(
    count: int,
    *,
    seed: int,
    languages: Mapping[str, float] | None = None,
    kinds: Mapping[str, float] | None = None,
) -> Iterator[GeneratedDocument]:
    """Yield documents with known facts.

    Args:
        count: how many; the first n of a longer run are the same as a run of n.
        seed: any integer.
        languages: shares of `en` and `ja`, need not add to one; default 0.8 and 0.2.
        kinds: shares of `inspection_log` and `specification`; default 0.75 and 0.25.
    """
    for index in range(count):
        yield _generate_one(index, seed=seed, languages=dict(languages or LANGUAGES), kinds=dict(kinds or KINDS))


def _generate_one(index: int, *, seed: int, languages: dict[str, float], kinds: dict[str, float]) -> GeneratedDocument:
    rng = Random(f"tashika:{seed}:{index}")
    language, kind = draw_weighted(rng, languages), draw_weighted(rng, kinds)
    build = _build_inspection if kind == "inspection_log" else _build_specification
    template, reference, surfaces = build(rng, language)
    if rng.random() < TYPO_SHARE:
        template = map_words(template, dict(rng.sample(sorted(_TYPOS.items()), 5)))
    text, spans = assemble(template, surfaces)
    summary, _ = assemble(capitalise_sentences(reference), surfaces)
    return GeneratedDocument(
        id=hashlib.sha256(f"{seed}:{index}:{text}".encode()).hexdigest()[:16],
        document=text,
        reference=summary,
        kind=kind,
        language=language,
        title=text.split("\n", 1)[0][:80],
        facts=_collect_facts(surfaces, spans=spans, carried=marked_keys(reference) | {"verdict"}),
    )


def _build_inspection(rng: Random, language: str) -> tuple[str, str, Surfaces]:
    case, style = draw_case(rng, language=language), draw_style(rng, language)
    layouts, wording = (layouts_ja, wording_ja) if language == "ja" else (layouts_en, wording_en)
    layout = layouts.LAYOUTS[rng.choice(sorted(layouts.LAYOUTS))]
    return layout(rng, case), wording.write_reference(rng, case), write_case(rng, case, style=style)


def _build_specification(rng: Random, language: str) -> tuple[str, str, Surfaces]:
    case, style = draw_specification(rng, language=language), draw_style(rng, language)
    wording = specification_ja if language == "ja" else specification_en
    layout = wording.LAYOUTS[rng.choice(sorted(wording.LAYOUTS))]
    return layout(rng, case), wording.write_reference(rng, case), write_specification(rng, case, style=style)


def _collect_facts(
    surfaces: Surfaces, *, spans: Mapping[str, tuple[int, int]], carried: frozenset[str] | set[str]
) -> tuple[Fact, ...]:
    """Every surface that is a fact and stands in the document, in reading order."""
    facts = [
        Fact(surface.fact_kind, surface.text, surface.value, key in carried, *spans[key], surface.subject)
        for key, surface in surfaces.items()
        if surface.fact_kind and key in spans
    ]
    return tuple(sorted(facts, key=lambda fact: fact.source_start_char))
