"""The same code on PostgreSQL: migrations, the whole way of a document, and many hands at once."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DatabaseError

from backend.errors import ReviewError
from backend.jobs import queue
from backend.jobs.worker import Worker
from backend.review.intake import export, service
from backend.review.intake.submissions import Submission, submit_once, try_again
from backend.review.learning import calibration, renewals
from backend.review.policy import insights, models, policies, what_if
from backend.review.policy.models import ModelNames
from backend.review.queue import drafts, inbox, leases, verdicts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store import dialect, events
from backend.review.store.backup import backup
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.record_tables import EventRow
from backend.review.store.tables import DocumentRow, ItemRow, SummaryRow, Table
from tests.review.builders import SUMMARY, WRONG_SUMMARY, build_document, record_item, summarize
from tests.review.learning.test_renewals import judge, make_outdated, renewed, without_version


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database."""
    upgrade(postgres_url)
    opened = open_database(postgres_url)
    yield opened
    opened.close()


def _run_together(*calls: object) -> list[object]:
    results: list[object] = []
    barrier = threading.Barrier(len(calls))

    def run(call: object) -> None:
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_migrations_make_exactly_the_same_tables(postgres: Database):
    with postgres.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        options["include_object"] = lambda _object, name, *_rest: not str(name).endswith("_trgm")
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []


def test_programs_that_start_at_once_migrate_one_after_the_other(postgres_url: str):
    assert _run_together(*[lambda: upgrade(postgres_url)] * 4) == [None] * 4


def test_a_server_that_is_not_there_is_one_clear_sentence():
    with pytest.raises(ReviewError, match="cannot be used") as raised:
        upgrade("postgresql://abe:secret@127.0.0.1:1/none")
    assert "secret" not in str(raised.value)


def test_a_document_goes_the_whole_way_to_a_new_calibration(postgres: Database):
    policies.save(postgres, threshold=0.0, samples=8, audit_share=1.0)
    job_id = service.submit(postgres, document=build_document("確か 😀 12.4 mm\n", language="ja"))
    assert Worker(postgres, summarize).run_one()
    summary_id = service.job(postgres, job_id).summary_id
    assert service.summary(postgres, summary_id).document.text == "確か 😀 12.4 mm\n"
    for number in range(20):
        is_wrong = number % 4 == 0
        view = record_item(postgres, number=number, text=WRONG_SUMMARY if is_wrong else SUMMARY)
        kind, text = ("correct", SUMMARY) if is_wrong else ("approve", None)
        verdicts.give(postgres, item_id=view.item_id, kind=kind, text=text, reviewer="abe", expected_version=1)
    verdicts.undo(postgres, 1)
    drafts.save(postgres, item_id=1, reviewer="abe", text="確")
    drafts.save(postgres, item_id=1, reviewer="abe", text="確か")
    assert drafts.find(postgres, item_id=1, reviewer="abe").text == "確か"
    assert calibration.recalibrate(postgres).version == 2
    assert record_item(postgres, number=50).calibration == 2
    page = inbox.page(postgres, page_size=2)
    assert (page.total, len(page.rows)) == (3, 2)
    assert inbox.next_pending(postgres, after=page.rows[0].item_id) == page.rows[1].item_id
    assert insights.overview(postgres).counts.undone == 1
    assert what_if.ask(postgres, threshold=0.0, samples=8, audit_share=0.0).counts.summaries == 22
    assert export.verdicts_csv(postgres, io.BytesIO()) == 20


def test_first_versions_are_made_once_by_many_at_once(postgres: Database):
    found = _run_together(*[lambda: (calibration.current(postgres)[0], policies.current(postgres).version)] * 6)
    assert found == [(1, 1)] * 6


def test_many_workers_never_take_the_same_job(postgres: Database):
    jobs = [service.submit(postgres, document=build_document()) for _ in range(20)]

    def claim_all() -> list[int]:
        taken = []
        while (claimed := queue.claim(postgres, worker="w")) is not None:
            taken.append(claimed.job_id)
        return taken

    taken = _run_together(*[claim_all] * 5)
    assert sorted(job_id for some in taken for job_id in some) == jobs


def test_of_many_who_send_a_document_again_one_makes_the_job(postgres: Database):
    def submit() -> Submission:
        return submit_once(postgres, document=build_document(), submitted_by="abe", key="k")

    for number in range(2):  # the key is new, then its job has failed
        results = _run_together(*[submit] * 6)
        assert len({one.job_id for one in results}) == 1
        assert sum(one.is_new for one in results) == 1
        queue.cancel(postgres, results[0].job_id)
        assert len(service.recent_jobs(postgres)) == number + 1
    again = _run_together(*[partial(try_again, postgres, job_id=results[0].job_id, submitted_by="abe")] * 6)
    assert len(set(again)) == 1
    assert len(service.recent_jobs(postgres)) == 3
    assert events.verify(postgres).problem == ""


def test_of_many_people_on_one_item_one_decides(postgres: Database):
    item_id = record_item(postgres).item_id

    def decide() -> int:
        return verdicts.give(postgres, item_id=item_id, kind="approve", reviewer="abe", expected_version=1)

    results = _run_together(*[decide] * 8)
    refused = [one for one in results if isinstance(one, ReviewError)]
    assert {error.code for error in refused} == {"review.already_decided"}
    assert len(refused) == 7


def test_of_many_people_one_claims_each_item_and_the_record_stays_one_chain(postgres: Database):
    items = [record_item(postgres, number=number).item_id for number in range(3)]

    def claim_all(person: str) -> list[int]:
        got = []
        for item_id in items:
            try:
                got.append(leases.claim(postgres, item_id=item_id, reviewer=person).item_id)
            except ReviewConflict as error:
                assert error.conflict.owner != person
        return got

    claimed = _run_together(*[partial(claim_all, f"person {number}") for number in range(5)])
    assert sorted(item_id for some in claimed for item_id in some) == items
    report = events.verify(postgres)
    assert report.broken_id is None
    with pytest.raises(DatabaseError, match="never changed"), postgres.session() as session:
        session.execute(delete(EventRow))


def test_of_many_people_one_undoes(postgres: Database):
    item_id = record_item(postgres).item_id
    verdict = verdicts.give(postgres, item_id=item_id, kind="approve", reviewer="abe", expected_version=1)
    results = _run_together(*[lambda: verdicts.undo(postgres, verdict)] * 6)
    assert [one for one in results if one is None] == [None]
    assert inbox.item(postgres, item_id).state == "pending"


def test_a_backup_names_the_tool_that_makes_it(postgres: Database, tmp_path: Path):
    with pytest.raises(ReviewError, match="pg_dump"):
        backup(postgres, tmp_path / "copy.dump")


def test_a_search_reads_the_trigram_indexes(postgres: Database):
    with postgres.engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('ix_documents_trgm')")) is None:
            pytest.skip("this server has no trigrams (pg_trgm)")
    numbers = select(ItemRow.id, DocumentRow.title, DocumentRow.text, SummaryRow.text)
    texts = numbers.join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
    texts = texts.join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
    with postgres.session() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        condition = dialect.contains_words(session, item_id=ItemRow.id, words="25℃", texts=texts)
        asked = select(ItemRow.id).where(condition).compile(postgres.engine)
        rows = session.connection().exec_driver_sql(f"EXPLAIN {asked}", dict(asked.params))
        plan = "\n".join(line for (line,) in rows)
    assert plan.count("Index Scan on ix_documents_trgm") == 2
    assert plan.count("Index Scan on ix_summaries_trgm") == 1


def test_after_an_update_judged_summaries_are_analysed_anew_once_by_many_at_once(postgres: Database):
    models.adopt(postgres, ModelNames("tiny", "adapter-1", "posterior-1", "/first"))
    judge(postgres, record_item(postgres).item_id)
    real = without_version(make_outdated(postgres))
    assert _run_together(*[lambda: renewals.renew(postgres)] * 3).count(1) >= 1
    assert renewed(postgres) == real
