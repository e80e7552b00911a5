from __future__ import annotations

import threading

import pytest

from backend.errors import ReviewError
from backend.jobs import queue
from backend.review.intake import service
from backend.review.intake.submissions import Submission, is_known, submit_once
from tests.review.builders import build_document
from tests.review.fixtures import recorded


def test_the_same_key_leads_to_the_same_job(database):
    first = submit_once(database, document=build_document(), submitted_by="abe", key="k")
    assert submit_once(database, document=build_document(), submitted_by="abe", key="k") == Submission(
        first.job_id, is_new=False
    )
    assert len(service.recent_jobs(database)) == 1
    assert is_known(database, submitted_by="abe", key="k")


def test_a_submission_by_key_is_on_record_once(database):
    for _ in range(2):
        made = submit_once(database, document=build_document(), submitted_by="abe", key="k")
    ((kind, actor, facts),) = recorded(database)
    assert (kind, actor, facts["job"], facts["document"]) == ("submitted", "abe", made.job_id, 1)


def test_two_people_may_use_one_key(database):
    first = submit_once(database, document=build_document(), submitted_by="abe", key="k")
    second = submit_once(database, document=build_document(), submitted_by="ito", key="k")
    assert first.job_id != second.job_id
    assert second.is_new


def test_a_key_is_not_used_for_another_text(database):
    submit_once(database, document=build_document(), submitted_by="abe", key="k")
    with pytest.raises(ReviewError) as caught:
        submit_once(database, document=build_document("Another text.\n"), submitted_by="abe", key="k")
    assert caught.value.code == "submission.key_reused"


def test_many_at_once_make_one_job(database):
    made = []

    def submit():
        made.append(submit_once(database, document=build_document(), submitted_by="abe", key="k"))

    threads = [threading.Thread(target=submit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.job_id for one in made}) == 1
    assert sum(one.is_new for one in made) == 1


def test_the_key_of_a_job_that_was_cancelled_makes_a_new_one(database):
    first = submit_once(database, document=build_document(), submitted_by="abe", key="k")
    queue.cancel(database, first.job_id)
    assert not is_known(database, submitted_by="abe", key="k")
    second = submit_once(database, document=build_document(), submitted_by="abe", key="k")
    assert second.is_new
    assert second.job_id != first.job_id
    assert submit_once(database, document=build_document(), submitted_by="abe", key="k") == Submission(
        second.job_id, is_new=False
    )
    assert is_known(database, submitted_by="abe", key="k")
    with pytest.raises(ReviewError):
        submit_once(database, document=build_document("Another text.\n"), submitted_by="abe", key="k")
