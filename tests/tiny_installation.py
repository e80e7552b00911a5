"""An installation with a tiny real model and enough reviewed texts to learn from, for tests of retraining.

In: a folder. Out: settings whose base model, adapter and posterior lie there, and a filled database.
"""

from __future__ import annotations

from pathlib import Path

from backend.config import Settings
from backend.language.loading import adapter_id
from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.laplace.storage import pack, save
from backend.pipeline import POSTERIOR_FOLDER, batch_of
from backend.review.intake import service
from backend.review.intake.summaries import fingerprint
from backend.review.learning.corrections import LEAST
from backend.review.learning.evidence import part_of
from backend.review.policy import policies
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from tests.review.builders import SUMMARY, WRONG_SUMMARY, build_document, build_scored
from tests.tiny import tiny_llama, tiny_peft, tiny_tokenizer


def tiny_settings(folder: Path) -> Settings:
    """Base model, adapter and posterior of a few thousand weights."""
    base, adapter = folder / "base", folder / "first"
    tiny_llama(vocabulary=258).float().save_pretrained(base)
    tiny_tokenizer().save_pretrained(base)
    model = tiny_peft(vocabulary=258)
    model.save_pretrained(adapter)
    ids = tiny_tokenizer()("Lot A-1741: diameter 12.4 mm, result OK.")["input_ids"]
    posterior = build(batch_sums(model, batch_of(ids[:20], ids[20:])), prior_precision=1e5)
    save(pack(posterior), adapter / POSTERIOR_FOLDER, record={"adapter": adapter_id(adapter), "name": "first@1"})
    return Settings(
        data=folder / "data", model=str(base), adapter=adapter, database_url="", threads=1, max_summary_tokens=12,
        max_document_tokens=80,
    )  # fmt: skip


def review_enough(database: Database, *, each: int = 1) -> None:
    """Just as many verdicts as a training needs, `each` times: one in three corrects the summary."""
    policies.save(database, threshold=0.0, samples=2, audit_share=0.0)
    wanted = {name: each * least for name, least in LEAST.items()}
    number = 0
    while any(wanted.values()):
        number += 1
        document = build_document(f"Lot A-{number}: 12.4 mm, OK.\n")
        part = part_of(fingerprint(document.text))
        if not wanted.get(part):
            continue
        wanted[part] -= 1
        is_wrong = number % 3 == 0
        scored = build_scored(WRONG_SUMMARY if is_wrong else SUMMARY, document=document)
        view = service.record(database, document=document, scored=scored)
        verdicts.give(
            database, item_id=view.item_id, kind="correct" if is_wrong else "approve", reviewer="abe",
            text=SUMMARY if is_wrong else None, expected_version=inbox.item(database, view.item_id).version,
        )  # fmt: skip
