"""How a factory judges: defects, dispositions, open items, verdicts, stages, in English and Japanese.

In: nothing. Out: constant tables keyed by a vocabulary key. Knows nothing of documents or of chance.
"""

from __future__ import annotations

# key: (English phrases, Japanese phrases); the first is the usual one.
Phrases = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]

DEFECTS: Phrases = {
    "scratch": (("scratches", "scratch marks"), ("傷", "すり傷")),
    "rust": (("rust spots", "corrosion spots"), ("錆", "点錆")),
    "dent": (("dents", "handling dents"), ("打痕", "凹み")),
    "chatter": (("chatter marks",), ("びびり痕",)),
    "burr": (("burrs", "sharp burrs"), ("バリ", "カエリ")),
    "porosity": (("porosity", "gas pores"), ("鋳巣", "巣")),
    "crack": (("cracks", "hairline cracks"), ("クラック", "割れ")),
    "chips": (("edge chipping", "chipped edges"), ("欠け",)),
    "weld_spatter": (("weld spatter",), ("スパッタ付着",)),
    "bent_pin": (("bent pins", "bent terminals"), ("端子曲がり",)),
    "discoloration": (("discoloration", "discolouration"), ("変色",)),
    "missing_mark": (("missing marking", "illegible marking"), ("刻印漏れ", "印字不鮮明")),
    "contamination": (("contamination", "foreign particles"), ("異物付着", "異物混入")),
    "label_error": (("wrong label",), ("ラベル誤り",)),
    "flash": (("flash", "excess flash"), ("はみ出し",)),
    "tear": (("tears", "torn lip"), ("裂け",)),
    "thread_damage": (("thread damage", "damaged threads"), ("ねじ山つぶれ",)),
    "short_shot": (("short shots",), ("ショートショット",)),
    "sink_mark": (("sink marks",), ("ヒケ",)),
}

DISPOSITIONS: Phrases = {
    "rework": (("rework", "reworking"), ("手直し", "再加工")),
    "sort": (("100% sort", "full sorting", "100% sorting"), ("全数選別", "選別")),
    "scrap": (("scrap", "scrapping", "scrapped"), ("廃棄",)),
    "concession": (("concession", "deviation permit"), ("特採", "特別採用")),
    "return": (
        ("return to supplier", "return to vendor", "returned to supplier"),
        ("仕入先へ返却", "返却", "返品"),
    ),
    "remeasure": (("re-measurement", "re-measure", "remeasure"), ("再測定", "再検査")),
    "quarantine": (("segregate lot", "segregated", "segregation"), ("隔離",)),
}

OPEN_ITEMS: Phrases = {
    "cause": (("root cause analysis", "cause analysis"), ("原因調査", "原因究明")),
    "eight_d": (("8D report", "supplier 8D"), ("是正報告書", "是正処置報告")),
    "customer": (("customer approval", "customer decision"), ("客先承認", "客先判断")),
    "gauge": (("gauge recalibration", "gauge calibration"), ("ゲージ校正", "測定器校正")),
    "capability": (("capability study", "Cpk study"), ("工程能力調査", "Cpk調査")),
    "certificate": (("material certificate", "mill certificate"), ("ミルシート入手", "材料証明書入手")),
    "tool": (("tool change check", "tool wear check"), ("工具摩耗確認", "工具交換確認")),
    "stock": (("stock check", "check of previous lots"), ("在庫確認", "前ロット確認")),
    "drawing": (("drawing clarification", "drawing update"), ("図面確認", "図面改訂")),
    "second_lab": (("external lab test", "outside lab result"), ("外部試験結果", "外部機関での試験")),
    "packaging": (("packaging correction", "packaging review"), ("梱包改善", "梱包見直し")),
    "training": (("operator training", "operator retraining"), ("作業者教育", "作業者再教育")),
}

SPECIFICATION_OPEN_ITEMS: Phrases = {
    "salt": (("salt spray duration", "salt spray hours"), ("塩水噴霧時間",)),
    "sampling": (("sampling plan", "AQL level"), ("抜取方式", "抜取水準")),
    "marking": (("marking method", "marking position"), ("刻印方法", "刻印位置")),
    "packing": (("packing method", "packing quantity"), ("梱包方法", "梱包数量")),
    "method": (("test method", "measuring method"), ("試験方法", "測定方法")),
    "temperature": (("upper service temperature", "storage temperature"), ("使用上限温度", "保管温度")),
    "material": (("alternative material", "material grade"), ("代替材料", "材質")),
    "cleanliness": (("cleanliness limit", "cleanliness class"), ("清浄度",)),
    "life": (("endurance cycles", "life test cycles"), ("耐久回数",)),
    "approval_production": (("approval by production", "production sign-off"), ("製造部承認",)),
    "approval_customer": (("customer sign-off", "approval by the customer"), ("客先承認印", "客先仕様承認")),
    "supplier": (("supplier feasibility", "supplier confirmation"), ("仕入先の実現性確認", "仕入先確認")),
}

MISSING: tuple[tuple[str, ...], tuple[str, ...]] = (
    ("not measured", "no reading", "not recorded", "reading missing"),
    ("未測定", "測定値なし", "記録なし"),
)

STAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "incoming": (("Incoming inspection", "Receiving inspection", "Goods-in inspection"), ("受入検査",)),
    "in_process": (
        ("In-process inspection", "Line inspection", "Patrol inspection"),
        ("工程内検査", "巡回検査"),
    ),
    "final": (
        ("Final inspection", "Outgoing inspection", "Pre-shipment inspection"),
        ("最終検査", "出荷検査"),
    ),
}

LOT_VERDICTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ok": (("OK", "ACCEPTED", "accepted", "PASS", "Accept"), ("合格",)),
    "ng": (("NG", "REJECTED", "rejected", "Reject", "FAIL"), ("不合格",)),
    "hold": (("HOLD", "ON HOLD", "on hold", "hold"), ("保留",)),
}

CHECK_VERDICTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ok": (("OK", "ok", "pass"), ("OK", "OK", "良")),
    "ng": (("NG", "NG", "FAIL", "OOT"), ("NG", "NG", "規格外")),
    "hold": (("HOLD", "open", "pending"), ("保留", "要確認")),
}

INSPECTORS: tuple[tuple[str, str], ...] = (
    ("K. Mori", "森"),
    ("J. Baker", "佐藤"),
    ("A. Novak", "鈴木"),
    ("T. Sato", "田中"),
    ("M. Rossi", "高橋"),
    ("L. Chen", "渡辺"),
    ("P. Weber", "伊藤"),
    ("R. Gupta", "中村"),
    ("S. Kim", "小林"),
    ("D. Costa", "加藤"),
    ("MK", "山本"),
    ("jb", "吉田"),
    ("TS", "松本"),
    ("AN", "井上"),
    ("H. Ito", "木村"),
    ("E. Lind", "清水"),
)
