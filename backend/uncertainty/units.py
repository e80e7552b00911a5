"""Units of measure: how they are spelt, what they measure, how to convert them.

In: a spelling, a value. Out: the unit, the value in the base unit of its dimension.
Knows nothing of where in a text they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `base value = value * factor + offset`, in the base unit of `dimension`.

    `system` tells families whose conversions are rounded in practice (mm and inch) apart.
    `other_factors` are what the factor may be as well, where a spelling's case leaves it open.
    """

    name: str
    dimension: str
    factor: float
    offset: float = 0.0
    system: str = "si"
    other_factors: tuple[float, ...] = ()


#: name | dimension | factor | spellings (case matters for those of one letter and for N, Nm, M…)
_ROWS = """
nm length 1e-9 nm nanometers ナノメートル
µm length 1e-6 μm um micron microns micrometer micrometers ミクロン マイクロメートル ㎛
mm length 1e-3 mm millimeter millimeters millimetre millimetres ミリ ミリメートル ㎜
cm length 1e-2 cm centimeter centimeters centimetre ㎝ センチ
m length 1 m meter meters metre metres メートル ㍍
km length 1e3 km kilometers kilometres ㎞ キロメートル
mg mass 1e-6 mg ㎎
g mass 1e-3 g gram grams グラム
kg mass 1 kg kgs kilogram kilograms ㎏ キログラム キロ
t mass 1e3 t ton tons tonnes トン
N force 1 N newton newtons ニュートン
kN force 1e3 kN
Nm torque 1 Nm N·m N・m N-m N.m
N·cm torque 1e-2 N·cm Ncm
mPa pressure 1e-3 mPa
Pa pressure 1 Pa
hPa pressure 1e2 hPa
kPa pressure 1e3 kPa
MPa pressure 1e6 MPa N/mm2 N/mm²
GPa pressure 1e9 GPa
bar pressure 1e5 bar bars
ms time 1e-3 ms msec ミリ秒
s time 1 s sec secs second seconds 秒 秒間
min time 60 min mins minute minutes 分 分間
h time 3600 h hr hrs hour hours 時間
day time 86400 day days 日間
week time 604800 week weeks 週間
month month 1 month months か月 ヶ月 ヵ月 カ月
year year 1 year years 年間
mV voltage 1e-3 mV
V voltage 1 V volt volts VDC VAC ボルト
kV voltage 1e3 kV
µA current 1e-6 μA uA
mA current 1e-3 mA
A current 1 A amp amps アンペア
mW power 1e-3 mW
W power 1 W watt watts ワット
kW power 1e3 kW
MW power 1e6 MW
Wh energy 3600 Wh
kWh energy 3.6e6 kWh
J energy 1 J joule joules
kJ energy 1e3 kJ
mΩ resistance 1e-3 mΩ
Ω resistance 1 Ω ohm ohms オーム
kΩ resistance 1e3 kΩ
MΩ resistance 1e6 MΩ
pF capacitance 1e-12 pF
nF capacitance 1e-9 nF
µF capacitance 1e-6 μF uF
Hz frequency 1 Hz ヘルツ
kHz frequency 1e3 kHz
MHz frequency 1e6 MHz
GHz frequency 1e9 GHz
rpm rotation 1 rpm min-1 r/min 回転
% ratio 1e-2 % percent パーセント
ppm ratio 1e-6 ppm
dB level 1 dB dBA
mL volume 1e-3 mL ml cc ㏄
L volume 1 L l ℓ liter liters litre litres リットル
mm² area 1e-6 mm² mm2 ㎟
cm² area 1e-4 cm² cm2 ㎠
m² area 1 m² m2 ㎡ 平方メートル
g/cm³ density 1e3 g/cm3 g/cm³ g/ml
kg/m³ density 1 kg/m3 kg/m³
mPa·s viscosity 1e-3 mPas mPa·s mPa・s cP
Pa·s viscosity 1 Pas Pa·s
N/cm tension 1e2 N/cm
N/m tension 1 N/m
mL/min flow 1.6666666666666667e-8 mL/min cc/min
L/min flow 1.6666666666666667e-5 L/min
mm/s speed 1e-3 mm/s
m/s speed 1 m/s
m/min speed 1.6666666666666666e-2 m/min
mm/min speed 1.6666666666666667e-5 mm/min
km/h speed 0.2777777777777778 km/h kph
° angle 1 ° deg degree degrees
度 degree 1 度
HRC hrc 1 HRC
HV hv 1 HV
HB hb 1 HB HBW
pcs count 1 pcs pc pieces piece ea 個 本 枚 台 点 件 箇所 か所 ヶ所 名 人 回 セット 袋 箱 つ ロット
円 yen 1 円 yen JPY
""".strip().splitlines()

_OTHERS = (
    (Unit("in", "length", 0.0254, system="imperial"), "in inch inches インチ"),
    (Unit("ft", "length", 0.3048, system="imperial"), "ft feet foot フィート"),
    (Unit("mil", "length", 2.54e-5, system="imperial"), "mil mils thou"),
    (Unit("mile", "length", 1609.344, system="imperial"), "mile miles"),
    (Unit("NM", "length", 1852.0, system="nautical"), "NM nmi"),
    (Unit("lb", "mass", 0.45359237, system="imperial"), "lb lbs pound pounds"),
    (Unit("oz", "mass", 0.028349523125, system="imperial"), "oz ounce ounces"),
    (Unit("lbf", "force", 4.4482216152605, system="imperial"), "lbf"),
    (Unit("psi", "pressure", 6894.757293168, system="imperial"), "psi psig"),
    (Unit("kgf", "force", 9.80665, system="gravitational"), "kgf"),
    (Unit("kgf·cm", "torque", 0.0980665, system="gravitational"), "kgf·cm kgfcm"),
    (Unit("kgf·m", "torque", 9.80665, system="gravitational"), "kgf·m kgfm"),
    (Unit("kgf/cm²", "pressure", 98066.5, system="gravitational"), "kgf/cm2 kgf/cm²"),
    (Unit("gal", "volume", 3.785411784, system="imperial"), "gal gallon gallons"),
    (Unit("kt", "speed", 0.5144444444444445, system="nautical"), "kt kts knot knots"),
    (Unit("mph", "speed", 0.44704, system="imperial"), "mph"),
    (Unit("°C", "temperature", 1.0), "°C ℃ C degC"),
    (Unit("K", "temperature", 1.0, -273.15), "K kelvin"),
    (Unit("°F", "temperature", 5 / 9, -160 / 9, system="imperial"), "°F ℉ F degF"),
)


def _read_table() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for row in _ROWS:
        name, dimension, factor, *spellings = row.split()
        unit = Unit(name, dimension, float(factor))
        table.update(dict.fromkeys(spellings, unit))
    for unit, spellings in _OTHERS:
        table.update(dict.fromkeys(spellings.split(), unit))
    table["N m"] = table["Nm"]  # the one spelling with a space
    return table


_BY_SPELLING = _read_table()
#: Of units that differ in case alone, the one that workshops mean when the case is wrong.
_LIKELIER = frozenset({"MPa", "mW", "MΩ"})
#: In capitals, these are rather a limit and a screw.
_NO_CAPITALS = frozenset({"min", "m2"})


def _read_lower_table() -> dict[str, Unit]:
    """Units by spelling in lower case: in texts of capitals alone (FT, KTS, MM) the case says nothing.

    Single letters stay as they are. A spelling of several units (mPa, MPa) may be any of them.
    """
    found: dict[str, list[Unit]] = {}
    for spelling, unit in _BY_SPELLING.items():
        if len(spelling) > 1 and spelling not in ("NM", "Nm"):
            found.setdefault(spelling.lower(), []).append(unit)
    table = {}
    for spelling, units in found.items():
        likelier = next((unit for unit in units if unit.name in _LIKELIER), units[0])
        others = {unit.factor for unit in units} - {likelier.factor}
        table[spelling] = replace(likelier, other_factors=tuple(sorted(others)))
    return table


_BY_LOWER = _read_lower_table()
#: "μ" has a capital that is another letter's, and stays.
_CAPITALS = {
    word.upper() for word in _BY_LOWER if re.match(r"[a-z]", word) and "μ" not in word and word not in _NO_CAPITALS
}

_LONGEST_FIRST = sorted({*_BY_SPELLING, *_BY_LOWER, *_CAPITALS}, key=len, reverse=True)
_LATIN = [word for word in _LONGEST_FIRST if re.match(r"[A-Za-zμ°]", word)]
_OTHER = [word for word in _LONGEST_FIRST if not re.match(r"[A-Za-zμ°]", word)]
#: A unit directly behind a number, with at most one space. A Latin one ends where a word ends.
#: Some kanji counters begin other words (点検, 分析, 件数): those are no units.
UNIT_PATTERN = (
    r"(?: ?(?=[A-Za-zμ°])(?:" + "|".join(map(re.escape, _LATIN)) + r")(?![A-Za-z0-9_²³])(?!-[A-Za-z0-9])"
    r"| ?(?:" + "|".join(map(re.escape, _OTHER)) + r")(?![検析称別帳車数転速当目])"
    r"| ?\"(?!\w))"
)  # fmt: skip


def read_unit(spelling: str) -> Unit | None:
    """The unit that is spelt so; `None` when there is none."""
    word = spelling.strip()
    if word == '"':
        return _BY_SPELLING["in"]
    return _BY_SPELLING.get(word) or _BY_LOWER.get(word.lower())


def spellings(unit: Unit) -> tuple[str, ...]:
    """Every way in which the unit is written, to look for it in a document."""
    return tuple(word for word, known in _BY_SPELLING.items() if known.name == unit.name)


def have_one_factor(one: Unit, other: Unit) -> bool:
    """Whether two units of a dimension may be the same one."""
    return not {one.factor, *one.other_factors}.isdisjoint({other.factor, *other.other_factors})


def to_base(value: float, unit: Unit) -> float:
    """The value in the base unit of the unit's dimension."""
    return value * unit.factor + unit.offset


def are_comparable(one: Unit | None, other: Unit | None) -> bool:
    """Whether two units may mean the same kind of quantity; an absent one fits any."""
    if one is None or other is None or one.dimension == other.dimension:
        return True
    return {one.dimension, other.dimension} in ({"degree", "angle"}, {"degree", "temperature"})
