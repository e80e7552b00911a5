from __future__ import annotations

import pytest

from backend.uncertainty.units import are_comparable, read_unit, to_base


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


def test_an_absent_unit_fits_any_and_length_does_not_fit_mass() -> None:
    assert are_comparable(None, read_unit("mm"))
    assert not are_comparable(read_unit("mm"), read_unit("kg"))
    assert read_unit("furlong") is None
