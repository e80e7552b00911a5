"""Filters, orders and searches of the inbox, on SQLite and by the same tests on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from backend.errors import ReviewError
from backend.review.intake.service import record
from backend.review.queue import dispatch, inbox, saved_views, verdicts
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.inbox_views import InboxFilter
from backend.review.store.tables import ItemRow, now
from tests.review.builders import build_document, build_scored, record_item, send_all_to_review

TEXTS = (
    ("Inspection of lot A-1741, 100%_sure. Diameter 12.4 mm.\nResult: OK.\n", "en", "Log A"),
    ("検査記録\nロット B-22、外径 12.4 mm。\n判定：保留。\n", "ja", "検査記録 B"),
    ("Specification of the ﬁxture, torque 5 Nm ±1.\n", "en", 'Draft "C"'),
)


def wake_all(database: Database) -> None:
    """Let the time of every postponed item come."""
    with database.session() as session:
        past = now() - timedelta(seconds=1)
        awake = update(ItemRow).where(ItemRow.postponed_until.is_not(None))
        session.execute(awake.values(postponed_until=past))
        session.commit()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    url = request.getfixturevalue("postgres_url")
    upgrade(url)
    opened = open_database(url)
    yield opened
    opened.close()


@pytest.fixture
def three(either: Database) -> Database:
    """Three documents, numbers 1 to 3 in the inbox."""
    send_all_to_review(either)
    for person, (text, language, title) in zip(("abe", "ito", "abe"), TEXTS, strict=True):
        document = build_document(text, title=title, language=language)
        record(either, document=document, scored=build_scored(document=document), submitted_by=person)
    return either


def _found(database: Database, **where: object) -> set[int]:
    return {row.item_id for row in inbox.page(database, where=InboxFilter(**where)).rows}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lot", {1, 2, 3}),  # in the summary of each
        ("INSPECTION", {1}),
        ("spec", {1, 3}),  # in "Inspection", too
        ("specification", {3}),
        ("検査記録", {2}),
        ("検査", {2}),
        ("査", {2}),
        ("録", {2}),
        ("ロット", {2}),
        ("ﾛｯﾄ", {2}),
        ("保留。", {2}),
        ("fixture", {3}),
        ("B-22", {2}),
        ("OK", {1, 2, 3}),
        ("ok inspection", {1}),
        ("±1", {3}),
        ("±", {3}),
        ("0%", {1}),
        ("%", {1}),
        ("_", {1}),
        ('"', {3}),
        ("：", {1, 2, 3}),
        ("。", {2}),
        ("5 n", {3}),
        ("£", set()),
        ("100%_sure", {1}),
        ("100%ysure", set()),
        ('"C"', {3}),
        ('" OR 1=1 --', set()),
        ("NEAR( * :", set()),
        ("nothing of the kind", set()),
        ("   ", {1, 2, 3}),
        ("lot\x00\ud800", set()),
    ],
)
def test_words_are_found_in_title_summary_and_document(three: Database, words: str, found: set[int]):
    assert _found(three, text=words) == found


@pytest.mark.parametrize("words", ["25℃", "25°C", "25°c", "ＮＧ", "NG", "ng", "ﾛｯﾄ", "ロット c-3", "12㎜", "12mm"])
def test_a_text_is_found_in_whatever_width_it_and_the_words_are_typed(either: Database, words: str):
    send_all_to_review(either)
    for text in ("ﾛｯﾄ C-3、温度 25℃、厚さ 12㎜、判定 ＮＧ。\n", "ロットD、温度 20 度、厚さ 3 cm、判定 OK。\n"):
        document = build_document(text, title=text[:4], language="ja")
        record(either, document=document, scored=build_scored("温度", document=document))
    assert _found(either, text=words) >= {1}
    assert _found(either, text=f"{words} 12mm") == {1}


def test_a_search_pages_through_what_it_finds_in_every_order(either: Database):
    for number in range(5):
        record_item(either, number=number, probability=0.15 + 0.1 * number)
    where = InboxFilter(text="a-1741 ok")
    for sort in ("risk", "age", "cost", "due"):
        whole = [row.item_id for row in inbox.page(either, where=where, sort=sort).rows]
        assert sorted(whole) == [1, 2, 3, 4, 5]
        assert whole == [row.item_id for row in inbox.page(either, sort=sort).rows]
        pages = [inbox.page(either, page=number, page_size=2, where=where, sort=sort) for number in (1, 2, 3)]
        assert [row.item_id for one in pages for row in one.rows] == whole
        assert {(one.total, one.pages) for one in pages} == {(5, 3)}
        beyond = inbox.page(either, page=10**30, page_size=2, where=where, sort=sort)
        assert (beyond.page, beyond.rows) == (3, pages[-1].rows)


def test_every_filter_keeps_what_it_asks_for(three: Database):
    dispatch.assign(three, item_ids=[2], assignee="ueda", assigned_by="x")
    dispatch.escalate(three, item_id=3, reviewer="x", to_role="lead")
    assert _found(three, language="ja") == {2}
    assert _found(three, kind="inspection_log") == {1, 2, 3}
    assert _found(three, kind="report") == set()
    assert _found(three, submitter="abe") == {1, 3}
    assert _found(three, assignee="ueda") == {2}
    assert _found(three, assignee="lead") == {3}
    assert _found(three, model="adapter-1") == {1, 2, 3}
    assert _found(three, model="other") == set()
    assert _found(three, reason="audit") == set()
    assert _found(three, min_age_hours=1.0) == set()
    risk = inbox.item(three, 2).summary.risk
    assert 2 in _found(three, risk_low=risk, risk_high=risk)
    assert _found(three, risk_low=1.1) == set()
    assert _found(three, state="escalated") == {3}
    assert _found(three, language="en", submitter="abe", text="torque") == {3}
    choices = inbox.choices(three)
    assert (choices["submitter"], choices["assignee"], choices["role"]) == (("abe", "ito"), ("ueda",), ("lead",))


def test_every_order_pages_through_all_items_once(either: Database):
    for number in range(7):
        item_id = record_item(either, number=number, probability=0.15 + 0.1 * number).item_id
        with either.session() as session:
            due_at = now() - timedelta(hours=number) if number % 2 else None
            session.execute(update(ItemRow).where(ItemRow.id == item_id).values(due_at=due_at))
            session.commit()
    for sort, key in (
        ("risk", lambda row: (-row.risk, -row.item_id)),
        ("age", lambda row: row.item_id),
        ("cost", lambda row: (row.cost_seconds, row.item_id)),
        ("due", lambda row: (row.due_at is None, row.due_at or now(), row.item_id)),
    ):
        for size in (1, 2, 3, 7, 10):
            pages = inbox.page(either, page_size=size).pages
            rows = [
                row
                for number in range(1, pages + 1)
                for row in inbox.page(either, page=number, page_size=size, sort=sort).rows
            ]
            assert [row.item_id for row in rows] == [row.item_id for row in sorted(rows, key=key)]
            assert sorted(row.item_id for row in rows) == list(range(1, 8))


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        (InboxFilter(state="?"), "risk"),
        (InboxFilter(), "colour"),
        (InboxFilter(risk_low=float("nan")), "risk"),
        (InboxFilter(min_age_hours=-1.0), "risk"),
    ],
)
def test_what_the_inbox_cannot_be_asked_for_is_refused(database: Database, where: InboxFilter, sort: str):
    with pytest.raises(ReviewError):
        inbox.page(database, where=where, sort=sort)


def test_the_progress_of_the_day_counts_what_stands(database: Database):
    begin = now()
    for number, person in enumerate(("abe", "abe", "ito")):
        item_id = record_item(database, number=number).item_id
        last = verdicts.give(database, item_id=item_id, kind="approve", reviewer=person, expected_version=1)
    progress = inbox.progress(database, since=begin, reviewer="abe")
    assert (progress.team, progress.own) == (3, 2)
    verdicts.undo(database, last)
    assert inbox.progress(database, since=begin, reviewer="abe").team == 2
    assert inbox.progress(database, since=now(), reviewer="abe").team == 0


def test_the_oldest_item_is_named(database: Database):
    items = [record_item(database, number=number).item_id for number in range(2)]
    assert inbox.counts(database).oldest_item_id == items[0]
    verdicts.give(database, item_id=items[0], kind="approve", reviewer="abe", expected_version=1)
    assert inbox.counts(database).oldest_item_id == items[1]


def test_a_view_is_kept_for_its_owner_under_its_name(either: Database):
    where = InboxFilter(language="ja", risk_low=0.5, text="ロット")
    saved_views.save(either, owner="abe", name="  日本語  高リスク ", where=where, sort="age")
    saved_views.save(either, owner="abe", name="日本語 高リスク", where=where, sort="cost")
    saved_views.save(either, owner="ito", name="mine", where=InboxFilter())
    (view,) = saved_views.of_person(either, "abe")
    assert (view.name, view.where, view.sort) == ("日本語 高リスク", where, "cost")
    saved_views.remove(either, owner="ito", view_id=view.id)
    assert len(saved_views.of_person(either, "abe")) == 1
    saved_views.remove(either, owner="abe", view_id=view.id)
    assert saved_views.of_person(either, "abe") == ()


def test_a_view_needs_a_name_and_there_is_an_end_of_them(database: Database, monkeypatch: pytest.MonkeyPatch):
    for name in ("", "  ", "x" * 61):
        with pytest.raises(ReviewError, match="name"):
            saved_views.save(database, owner="abe", name=name, where=InboxFilter())
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 1)
    saved_views.save(database, owner="abe", name="one", where=InboxFilter())
    saved_views.save(database, owner="abe", name="one", where=InboxFilter(state="all"))
    with pytest.raises(ReviewError, match="delete one"):
        saved_views.save(database, owner="abe", name="two", where=InboxFilter())
