"""*Models*, as the person who runs the system uses it: prepared versions and a prepared run, no training."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backend.jobs.identity import new_identity
from backend.review.learning import retrainings
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.queue import inbox, verdicts
from backend.review.store.model_tables import RescoringRow, RetrainingRow
from backend.review.store.tables import SummaryRow, now
from backend.uncertainty.features import FEATURE_VERSION
from tests.browser.test_inbox_page import fill

FIGURES = {
    name: {side: [0.1, 0.25, 0.4] for side in ("before", "after", "difference")}
    for name in ("rouge_l", "nll_nats", "complaints")
}
SAID = {
    "en": ("about 37 more documents", "is not worse", "Model version 2 is in force", "in use", "step 3 of 15",
           "The training was cancelled", "worse, not used", "under version 3: 1 of 2"),
    "ja": ("あと約 37 件", "劣りません", "モデル第 2 版に切り替えました", "使用中", "15 ステップ中 3",
           "学習は中止されました", "劣るため不使用", "2 件中 1 件"),
}  # fmt: skip


def add_version(database, *, adapter: str, report: dict) -> int:
    provenance = {"documents": [], "train": [1, 2], "validation": [3], "held_out": [4], "corrected": 1}
    with database.session() as session:
        version = models.add(
            session, ModelNames("base", adapter, "posterior@2", "run-1"), origin="retrained", parent=1,
            created_by="abe", report=report, provenance=provenance,
        )  # fmt: skip
        session.commit()
    return version


def add_scores(database, *, version: int, wanted: int) -> None:
    """A reviewed summary of another model that is to be scored under a version, and was: `wanted` of them."""
    with database.session() as session:
        for summary in list(session.scalars(select(SummaryRow.id)))[:wanted]:
            session.add(
                RescoringRow(summary_id=summary, model=version, feature_version=FEATURE_VERSION, samples=8, analysis={})
            )
        session.commit()


@pytest.fixture
def prepared(site):
    """Version 1 in force, version 2 not worse, version 3 worse; a training at step 3 of 15."""
    if models.current(site.database) is None:
        fill(site, 2, prefix="Models")
        while (item_id := inbox.next_pending(site.database)) is not None:
            item = inbox.item(site.database, item_id)
            verdicts.give(
                site.database, item_id=item_id, kind="reject", reviewer="local", expected_version=item.version
            )
        models.adopt(site.database, ModelNames("base", "adapter@1", "posterior@1", "/a"))
        generated = {"documents": 12, "figures": FIGURES, "worse_in": ["complaints"]}
        common = {"documents": 5, "figures": FIGURES, "generated": generated}
        add_version(site.database, adapter="worse@3", report={**common, "is_not_worse": False, "worse_in": ["rouge_l"]})
        add_version(site.database, adapter="<b>new@2</b>", report={**common, "is_not_worse": True, "worse_in": []})
        add_scores(site.database, version=3, wanted=1)
    models.use(site.database, 1, by="test")
    with site.database.session() as session:
        session.add(
            RetrainingRow(
                parent=1,
                state="running",
                stage="training",
                done=3,
                total=15,
                attempts=1,
                worker=new_identity(),
                heartbeat_at=now(),
                requested_by="abe",
                data={},
            )  # fmt: skip
        )
        session.commit()
    return site.database


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_training_is_watched_and_cancelled_a_version_promoted_and_taken_back(open_page, prepared, language):
    missing, not_worse, switched, in_use, step, cancelled, not_used, scored = SAID[language]
    watched = open_page(language)
    page = watched.page
    page.goto(f"{watched.base_url}/models")
    expect(page.locator("#texts")).to_contain_text(missing)
    expect(page.locator("#retrain")).to_be_disabled()
    expect(page.locator("#replay :is(input, textarea)")).to_have_value("")  # 0 would be a wish: none of them
    expect(page.locator("#comparison")).to_contain_text(not_worse)
    expect(page.locator("#comparison table")).to_have_count(2)
    expect(page.locator("#comparison")).to_contain_text(
        "has forgotten something" if language == "en" else "できていたことの一部が失われています"
    )
    expect(page.locator("#versions tbody tr")).to_have_count(3)
    expect(page.locator("#versions tbody tr").nth(1)).to_contain_text(not_used)
    expect(page.locator("#run")).to_contain_text(step)
    page.locator("#cancel").click()
    expect(page.locator("#run")).to_contain_text(cancelled)
    assert retrainings.newest(prepared).state == "cancelled"
    row = page.locator("#versions tbody tr").first
    expect(row).to_contain_text("<b>new@2</b>")
    row.get_by_role("button").click()
    expect(page.locator("#said")).to_contain_text(switched.replace("2", "3"))
    expect(row).to_contain_text(in_use)
    expect(page.locator("#rescoring")).to_contain_text(scored)
    assert models.current(prepared).version == 3
    page.locator("#roll-back").click()
    expect(page.locator("#versions tbody tr").last).to_contain_text(in_use)
    assert models.current(prepared).version == 1
