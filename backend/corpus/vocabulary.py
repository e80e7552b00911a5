"""What a factory measures: characteristics with plausible limits, their units and gauges.

In: nothing. Out: constant tables, English and Japanese. Knows nothing of documents or of chance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A property that is measured.

    Attributes:
        key: its name inside the program.
        en, ja: its names, the first being the fullest.
        unit: unit as written by default ("" for pH).
        form: symmetric (nominal ± tolerance), range (low–high), upper (≤) or lower (≥).
        nominals: possible nominal values, low limits or single limits, as decimal text.
        widths: tolerances (symmetric), spans (range); for single limits the typical distance of a reading.
        decimals: decimals of a reading.
    """

    key: str
    en: tuple[str, ...]
    ja: tuple[str, ...]
    unit: str
    form: str
    nominals: tuple[str, ...]
    widths: tuple[str, ...]
    decimals: int


def _row(key, en, ja, unit, form, nominals, widths, decimals) -> tuple[str, Characteristic]:
    split = (en.split("|"), ja.split("|"), nominals.split(), widths.split())
    names_en, names_ja, starts, spans = (tuple(part) for part in split)
    return key, Characteristic(key, names_en, names_ja, unit, form, starts, spans, decimals)


CHARACTERISTICS: dict[str, Characteristic] = dict(
    _row(*line)
    for line in (
        (
            "shaft_diameter",
            "shaft diameter|shaft dia.|journal diameter|shaft OD",
            "軸径|シャフト径",
            "mm",
            "symmetric",
            "8.00 10.00 12.00 15.00 16.00 18.00 20.00 25.00 32.00 40.00",
            "0.02 0.03 0.05 0.08",
            2,
        ),
        (
            "bore",
            "bore diameter|bore dia.|bore ID|bore",
            "内径|穴径",
            "mm",
            "symmetric",
            "9.50 12.00 14.00 22.00 26.00 30.00 35.00 47.00 52.00 62.00",
            "0.02 0.03 0.05 0.10",
            2,
        ),
        (
            "length",
            "overall length|total length|length",
            "全長|長さ",
            "mm",
            "symmetric",
            "48.0 64.5 80.0 96.0 120.0 150.0 182.5 210.0 240.0",
            "0.2 0.3 0.5",
            1,
        ),
        (
            "thickness",
            "plate thickness|sheet thickness|thickness",
            "板厚|厚さ",
            "mm",
            "symmetric",
            "1.20 1.60 2.00 2.30 3.20 4.50 6.00",
            "0.05 0.08 0.10 0.15",
            2,
        ),
        (
            "wall",
            "wall thickness|wall thk",
            "肉厚",
            "mm",
            "lower",
            "2.80 3.00 3.50 4.00 5.00",
            "0.20 0.30 0.40",
            2,
        ),
        ("flatness", "flatness", "平面度", "mm", "upper", "0.05 0.08 0.10 0.15 0.20", "0.02 0.03 0.04", 2),
        (
            "runout",
            "total runout|runout|run-out",
            "振れ|全振れ",
            "mm",
            "upper",
            "0.03 0.04 0.05 0.08",
            "0.01 0.02",
            2,
        ),
        (
            "roundness",
            "roundness",
            "真円度",
            "mm",
            "upper",
            "0.010 0.012 0.015 0.020",
            "0.003 0.004 0.005",
            3,
        ),
        (
            "perpendicularity",
            "perpendicularity|squareness",
            "直角度",
            "mm",
            "upper",
            "0.05 0.08 0.10",
            "0.02 0.03",
            2,
        ),
        (
            "pitch",
            "hole pitch|hole spacing",
            "穴ピッチ",
            "mm",
            "symmetric",
            "36.00 45.00 58.00 72.00 90.00",
            "0.05 0.10 0.15",
            2,
        ),
        ("burr_height", "burr height", "バリ高さ", "mm", "upper", "0.10 0.15 0.20 0.30", "0.04 0.05 0.06", 2),
        (
            "gap",
            "air gap|gap",
            "隙間|クリアランス",
            "mm",
            "range",
            "0.30 0.40 0.50 0.60",
            "0.20 0.25 0.30",
            2,
        ),
        ("warpage", "warpage|bow", "反り", "mm", "upper", "0.50 0.75 1.00", "0.15 0.20 0.25", 2),
        (
            "hardness",
            "surface hardness|hardness|hardness HRC",
            "硬さ|硬度|表面硬さ",
            "HRC",
            "range",
            "28 38 45 52 55 58",
            "4 5 6",
            1,
        ),
        (
            "shore",
            "Shore A hardness|Shore hardness",
            "ゴム硬度",
            "Shore A",
            "symmetric",
            "60 65 70 75 80",
            "3 5",
            0,
        ),
        (
            "roughness",
            "surface roughness Ra|roughness Ra|Ra",
            "表面粗さRa|面粗度",
            "µm",
            "upper",
            "0.4 0.8 1.6 3.2",
            "0.1 0.2",
            2,
        ),
        (
            "coating",
            "coating thickness|plating thickness|coating thk",
            "めっき厚|膜厚",
            "µm",
            "range",
            "5 8 10 12 15 20",
            "5 7 10",
            1,
        ),
        (
            "torque",
            "tightening torque|breakaway torque|torque",
            "締付トルク|トルク",
            "N·m",
            "range",
            "4.5 8.0 12.0 18.0 22.0 35.0",
            "1.5 2.0 3.0",
            1,
        ),
        (
            "leak",
            "leak rate|leakage",
            "リーク量|漏れ量",
            "mL/min",
            "upper",
            "0.5 1.0 2.0 3.0 5.0",
            "0.3 0.4 0.6",
            2,
        ),
        (
            "insulation",
            "insulation resistance|insul. resistance",
            "絶縁抵抗",
            "MΩ",
            "lower",
            "50 100 200 500",
            "60 80 150",
            0,
        ),
        ("contact", "contact resistance", "接触抵抗", "mΩ", "upper", "5.0 10.0 15.0 20.0", "2.0 3.0", 1),
        (
            "pull",
            "crimp pull force|pull-off force",
            "引張力|圧着引張力",
            "N",
            "lower",
            "50 80 110 150",
            "12 18 25",
            0,
        ),
        (
            "weld",
            "weld strength|weld shear strength|weld pull strength",
            "溶接強度",
            "kN",
            "lower",
            "3.5 4.8 6.0 8.5 12.0",
            "0.6 0.9 1.2",
            1,
        ),
        ("tensile", "tensile strength", "引張強さ", "MPa", "lower", "420 490 540 800 1040", "25 40", 0),
        (
            "burst",
            "burst pressure|proof pressure",
            "破裂圧|耐圧",
            "MPa",
            "lower",
            "1.8 2.5 3.0 4.2",
            "0.3 0.5",
            1,
        ),
        (
            "peel",
            "peel strength|adhesion",
            "剥離強度|密着力",
            "N/cm",
            "lower",
            "6.0 8.0 10.0 14.0",
            "1.0 1.6",
            1,
        ),
        ("viscosity", "viscosity", "粘度", "mPa·s", "range", "180 320 450 900 1200", "80 100 150 200", 0),
        ("ph", "pH", "pH", "", "range", "6.5 7.0 8.2 8.8 9.0", "0.6 0.8 1.0", 1),
        (
            "density",
            "density|specific gravity",
            "密度|比重",
            "g/cm³",
            "range",
            "0.88 0.95 1.02 1.08",
            "0.03 0.04 0.05",
            3,
        ),
        (
            "moisture",
            "moisture content|water content|moisture",
            "水分|含水率",
            "%",
            "upper",
            "0.10 0.20 0.50",
            "0.05 0.08",
            2,
        ),
        (
            "weight",
            "net weight|shot weight|weight",
            "質量|重量",
            "g",
            "symmetric",
            "42.0 85.0 118.0 146.0 230.0 310.0",
            "0.8 1.5 2.0 3.0",
            1,
        ),
        ("set", "compression set", "圧縮永久ひずみ", "%", "upper", "15 20 25", "3 4 5", 0),
    )
)
