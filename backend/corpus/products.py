"""Families of products: what is measured on them, how they fail, how they are counted.

In: nothing. Out: constant tables, English and Japanese. Knows nothing of documents or of chance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Products that are measured and that fail in the same way; `counted` is the word for one piece."""

    products: tuple[tuple[str, str], ...]
    characteristics: tuple[str, ...]
    defects: tuple[str, ...]
    counted: tuple[str, str] = ("pcs", "個")


FAMILIES: tuple[Family, ...] = (
    Family(
        (
            ("drive shaft", "駆動軸"),
            ("pump shaft", "ポンプ軸"),
            ("spindle", "スピンドル"),
            ("rotor shaft", "ロータ軸"),
            ("guide pin", "ガイドピン"),
            ("piston rod", "ピストンロッド"),
        ),
        ("shaft_diameter", "length", "runout", "roundness", "hardness", "roughness", "coating"),
        ("scratch", "rust", "dent", "chatter", "burr"),
        ("pcs", "本"),
    ),
    Family(
        (
            ("pump housing", "ポンプハウジング"),
            ("bearing housing", "軸受ハウジング"),
            ("gearbox cover", "ギヤボックスカバー"),
            ("valve body", "バルブボディ"),
            ("motor flange", "モータフランジ"),
            ("compressor cover", "圧縮機カバー"),
        ),
        ("bore", "flatness", "perpendicularity", "leak", "roughness", "pitch", "wall", "burst"),
        ("porosity", "burr", "dent", "crack", "chips"),
    ),
    Family(
        (
            ("mounting bracket", "取付ブラケット"),
            ("hinge plate", "ヒンジ板"),
            ("stamped cover", "プレスカバー"),
            ("support arm", "サポートアーム"),
            ("seat bracket", "シートブラケット"),
            ("clamp plate", "クランプ板"),
        ),
        ("thickness", "flatness", "burr_height", "coating", "weld", "pitch"),
        ("burr", "scratch", "rust", "dent", "weld_spatter"),
        ("pcs", "枚"),
    ),
    Family(
        (
            ("relay", "リレー"),
            ("wire harness", "ワイヤハーネス"),
            ("terminal block", "端子台"),
            ("board connector", "基板コネクタ"),
            ("sensor assembly", "センサ組立品"),
        ),
        ("insulation", "contact", "pull", "gap", "weight"),
        ("bent_pin", "discoloration", "missing_mark", "contamination"),
    ),
    Family(
        (
            ("adhesive", "接着剤"),
            ("primer paint", "下塗り塗料"),
            ("sealant", "シール剤"),
            ("epoxy resin", "エポキシ樹脂"),
        ),
        ("viscosity", "density", "moisture", "peel"),
        ("contamination", "discoloration", "label_error"),
        ("cans", "缶"),
    ),
    Family(
        (("coolant concentrate", "冷却液原液"), ("cutting fluid", "切削油"), ("cleaning agent", "洗浄剤")),
        ("viscosity", "ph", "density"),
        ("contamination", "discoloration", "label_error"),
        ("drums", "缶"),
    ),
    Family(
        (
            ("gasket", "ガスケット"),
            ("O-ring", "Oリング"),
            ("diaphragm", "ダイヤフラム"),
            ("rubber boot", "ゴムブーツ"),
        ),
        ("shore", "set", "weight", "leak", "gap"),
        ("flash", "contamination", "tear", "discoloration"),
    ),
    Family(
        (
            ("flange bolt", "フランジボルト"),
            ("stud bolt", "植込みボルト"),
            ("union nut", "ユニオンナット"),
            ("lock nut", "ロックナット"),
        ),
        ("torque", "hardness", "tensile", "coating", "length"),
        ("thread_damage", "rust", "crack", "missing_mark"),
    ),
    Family(
        (
            ("molded cover", "成形カバー"),
            ("fan blade", "ファンブレード"),
            ("battery tray", "電池トレイ"),
            ("lens holder", "レンズホルダ"),
        ),
        ("weight", "warpage", "thickness", "pitch", "gap", "flatness"),
        ("flash", "short_shot", "sink_mark", "discoloration", "scratch"),
    ),
)
