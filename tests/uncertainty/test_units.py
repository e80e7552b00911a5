from __future__ import annotations

import pytest

from backend.uncertainty.facts import find_facts
from backend.uncertainty.units import are_comparable, have_one_factor, read_unit, to_base


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0.012, "mm"), (12, "μm")),
        ((1, "in"), (25.4, "mm")),
        ((1, "MPa"), (1000, "kPa")),
        ((100, "°C"), (212, "°F")),
        ((1.5, "h"), (90, "分")),
        ((1, "N/mm2"), (1, "MPa")),
        ((2, "kg"), (2000, "グラム")),
    ],
)
def test_equal_quantities_have_one_base_value(one: tuple[float, str], other: tuple[float, str]) -> None:
    bases = []
    for value, spelling in (one, other):
        unit = read_unit(spelling)
        assert unit is not None
        bases.append(to_base(value, unit))
    assert bases[0] == pytest.approx(bases[1])


def test_letter_case_tells_nautical_miles_torque_and_nanometres_apart() -> None:
    assert [read_unit(word).dimension for word in ("NM", "Nm", "nm")] == ["length", "torque", "length"]  # type: ignore[union-attr]
    assert read_unit("NM") != read_unit("nm")


def test_units_in_capitals_are_known() -> None:
    assert read_unit("MM") == read_unit("mm")
    assert read_unit("FT") == read_unit("ft")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("12 MM", "mm"),
        ("12MM", "mm"),
        ("12 FT", "ft"),
        ("5 KTS", "kt"),
        ("8 KPA", "kPa"),
        ("520 MPA", "MPa"),
        ("520 mpa", "MPa"),
        ("3 HRS", "h"),
        ("4 PCS", "pcs"),
        ("7 KG/M3", "kg/m³"),
        ("20 DEGC", "°C"),
        ("3 IN", "in"),
        ("5 MW", "MW"),
        ("5 mW", "mW"),
        ("3 NM", "NM"),
    ],
)
def test_a_unit_in_capitals_is_read_behind_its_number(text: str, name: str) -> None:
    (quantity,) = find_facts(f"was {text}.")[0].quantities
    assert quantity.unit is not None and quantity.unit.name == name


@pytest.mark.parametrize("text", ["FOUND 3 IN LOT B", "BORE 12.00 MIN", "4 M2 SCREWS", "5 MIL SPEC", "5 MPA-2"])
def test_capitals_that_are_no_unit_are_not_taken_for_one(text: str) -> None:
    numbers = [fact for fact in find_facts(text) if fact.kind == "number"]
    assert [quantity.unit for fact in numbers for quantity in fact.quantities] == [None]


def test_a_spelling_of_two_units_may_be_either() -> None:
    for spelling, names in (("mpa", ("mPa", "MPa")), ("Mw", ("mW", "MW"))):
        either = read_unit(spelling)
        assert either is not None
        assert all(have_one_factor(either, unit) for unit in map(read_unit, names) if unit)
    milli, mega = read_unit("mPa"), read_unit("MPa")
    assert milli and mega and not have_one_factor(milli, mega)


def test_an_absent_unit_fits_any_and_length_does_not_fit_mass() -> None:
    assert are_comparable(None, read_unit("mm"))
    assert not are_comparable(read_unit("mm"), read_unit("kg"))
    assert read_unit("furlong") is None
