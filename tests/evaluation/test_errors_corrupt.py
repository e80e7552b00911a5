import re
from random import Random

import pytest

from backend.evaluation.errors_corrupt import MOST_SWAPS, SWAPS, collect_pool, corrupt, generator_of

REFERENCE = "The crew of Flight Safety measured 12.45 mm on lot A-4711 and it was not within 1,200 psi near Denver."
DOCUMENT = "Lot A-4711 measured 12.45 mm. 1,200 psi at Denver."
POOL = ("Denver", "Juno", "Mars Lander")


def outside(text, spans):
    kept, position = [], 0
    for start, end in spans:
        kept.append(text[position:start])
        position = end
    return [*kept, text[position:]]


@pytest.mark.parametrize("seed", range(40))
def test_a_copy_differs_from_the_reference_in_its_marked_ranges_and_nowhere_else(seed):
    copy, spans = corrupt(REFERENCE, document=DOCUMENT, pool=POOL, rng=generator_of("row", seed=seed))
    pattern = ".+?".join(re.escape(part) for part in outside(copy, spans))
    assert re.fullmatch(pattern, REFERENCE)
    assert len(spans) <= MOST_SWAPS
    assert (copy != REFERENCE) == bool(spans)
    assert all(copy[start:end] not in REFERENCE or copy[start:end] in ("was", "m") for start, end in spans)


@pytest.mark.parametrize("sort", SWAPS)
def test_every_sort_of_swap_finds_a_place(sort):
    swaps = list(SWAPS[sort](REFERENCE, DOCUMENT, POOL, Random(0)))
    assert swaps
    assert all(REFERENCE[start:end] != text for start, end, text in swaps)


def test_a_swapped_number_is_not_one_of_the_document():
    document = " ".join(str(number) for number in range(10, 100) if number != 47)
    for seed in range(30):
        for _, _, text in SWAPS["number"]("It was 17 mm.", document, (), Random(seed)):
            assert text == "47"


def test_a_negation_is_removed_as_well_as_added():
    assert {text for _, _, text in SWAPS["negation"]("It was not OK. It is OK.", "", (), Random(0))} == {
        "was",
        "is not",
    }


def test_a_text_of_capitals_has_no_names():
    assert collect_pool(["THE CREW MET POLICE IN DENVER."]) == ()
    assert collect_pool(["The crew met Police in Denver."]) == ("Denver", "Police")


def test_a_text_without_any_place_stays_as_it_is():
    for seed in range(10):
        assert corrupt("hello there", document="", pool=(), rng=Random(seed)) == ("hello there", ())
