"""What an adapter may learn from: never what is kept to calibrate or to certify, one text a document, the newest."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.review.intake.summaries import fingerprint
from backend.review.learning import corrections
from backend.review.learning.corrections import LEAST, choose, count, load_pairs
from backend.review.learning.evidence import PART_SHARES, Standing, deal, part_of
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from tests.review.builders import LOG, SUMMARY, WRONG_SUMMARY, record_item

HASHES = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
KINDS = st.sampled_from(["approve", "correct", "reject"])
CASES = st.lists(st.tuples(HASHES, KINDS, st.integers(1, 3), st.sampled_from([0.05, 0.5, 1.0])), max_size=60)


def standing_of(cases) -> list[Standing]:
    """Each document twice, under its policy and under another one, as far as such verdicts can come about."""
    found = []
    for number, (sha256, kind, policy, share) in enumerate(cases):
        for other in (policy, policy + 1):
            verdict = SimpleNamespace(id=2 * number + other - policy, kind=kind)
            found.append(Standing(verdict, None, sha256, 1.0, other, share))
    return found


@settings(deadline=None, max_examples=80)
@given(CASES)
def test_no_document_is_in_two_parts_and_none_that_is_kept_is_learned_from(cases):
    standing = standing_of(cases)
    chosen = choose(standing)
    documents = {name: {row.sha256 for row in rows} for name, rows in chosen.parts.items()}
    documents["certificates"] = {row.sha256 for row in chosen.kept}
    assert set(documents) == {"train", "validation", "held_out", "calibration", "certificates"}
    everything = [sha256 for part in documents.values() for sha256 in part]
    assert len(everything) == len(set(everything))
    assert documents["certificates"] == {row.sha256 for row in deal(standing)[1]}
    assert all(row.verdict.kind != "reject" for rows in chosen.parts.values() for row in rows)
    assert all(len({row.sha256 for row in rows}) == len(rows) for rows in chosen.parts.values())


@settings(deadline=None, max_examples=40)
@given(CASES, CASES)
def test_more_verdicts_never_move_a_document_from_one_learning_part_to_another(cases, more):
    before = choose(standing_of(cases)).parts
    after = choose(standing_of([*cases, *more])).parts
    for name, rows in before.items():
        others = {row.sha256 for other, found in after.items() if other != name for row in found}
        assert not {row.sha256 for row in rows} & others


def test_the_parts_have_their_shares():
    found = [part_of(fingerprint(str(number))) for number in range(4000)]
    for name, share in PART_SHARES.items():
        assert abs(found.count(name) / len(found) - share) < 0.03


def test_the_newest_text_that_stands_is_learned(database: Database):
    number = next(n for n in range(100) if part_of(fingerprint(f"{LOG}Sheet {n}.\n")) == "train")
    for kind, text in (("approve", None), ("correct", SUMMARY), ("reject", None)):
        view = record_item(database, number=number, text=WRONG_SUMMARY)
        version = inbox.item(database, view.item_id).version
        last = verdicts.give(
            database, item_id=view.item_id, kind=kind, text=text, reviewer="abe", expected_version=version
        )
    with database.reading() as session:
        counts = corrections.read_counts(session)
        (pair,) = load_pairs(session, [last - 1])
    assert (counts.parts["train"], counts.corrected) == (1, 1)
    assert (pair.text, pair.is_corrected, pair.kind, pair.document) == (
        SUMMARY, True, "inspection_log", f"{LOG}Sheet {number}.\n"
    )  # fmt: skip


def test_what_is_missing_is_said_by_the_scarcest_part():
    assert count(choose([])).missing == 37
    enough = choose(standing_of([(fingerprint(str(n)), "approve", 1, 0.05) for n in range(120)]))
    assert {name: len(enough.parts[name]) >= least for name, least in LEAST.items()} == dict.fromkeys(LEAST, True)
    assert count(enough).missing == 0
