"""The marks that most templates use; a mark is replaced by a surface when the text is put together.

In: nothing. Out: constants. Knows nothing of values.
"""

from __future__ import annotations

from backend.corpus.surfaces import mark

PRODUCT = mark("product")
PCS = mark("pcs")
STAGE = mark("stage")
LOT = mark("lot")
PART = mark("part")
REVISION = mark("revision")
QUANTITY = mark("quantity")
SAMPLE = mark("sample")
AFFECTED = mark("affected")
VERDICT = mark("verdict")
DAY = mark("day")
INSPECTOR = mark("inspector")
NONCONFORMANCE = mark("nonconformance")
DISPOSITION = mark("disposition")
DEFECT = mark("defect")
SPECIFICATION = mark("specification")
STATUS = mark("status")
AUTHOR = mark("author")
