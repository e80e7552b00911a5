"""How things are measured: the prefix of a gauge's number, and the usual spellings of a unit.

In: nothing. Out: constant tables. Knows nothing of limits, documents or chance.
"""

from __future__ import annotations

# Prefix of a gauge's number by what it measures; the others have a general one.
GAUGES: dict[str, str] = {
    "shaft_diameter": "MIC",
    "thickness": "MIC",
    "wall": "UT",
    "bore": "BG",
    "length": "CAL",
    "flatness": "CMM",
    "runout": "DI",
    "roundness": "RT",
    "perpendicularity": "CMM",
    "pitch": "CMM",
    "burr_height": "MS",
    "gap": "FG",
    "warpage": "FG",
    "hardness": "HT",
    "shore": "HT",
    "roughness": "SR",
    "coating": "XRF",
    "torque": "TQ",
    "leak": "LT",
    "insulation": "IR",
    "contact": "MO",
    "pull": "PF",
    "weld": "PF",
    "tensile": "UTM",
    "burst": "PG",
    "peel": "PF",
    "viscosity": "VM",
    "weight": "SC",
}

UNIT_STYLES: dict[str, tuple[str, ...]] = {
    "N·m": ("N·m", "Nm", "N m"),
    "µm": ("µm", "um", "μm"),
    "mPa·s": ("mPa·s", "mPas", "cP"),
    "MΩ": ("MΩ", "Mohm"),
    "mΩ": ("mΩ", "mohm"),
    "mL/min": ("mL/min", "ml/min"),
    "mm": ("mm",),
    "g/cm³": ("g/cm³", "g/cm3"),
}
