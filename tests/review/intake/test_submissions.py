from __future__ import annotations

import threading

import pytest

from backend.errors import ReviewError
from backend.jobs import queue
from backend.review.intake import service
from backend.review.intake.submissions import Submission, is_known, submit_once, try_again
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


def test_a_failed_job_is_tried_again_once_however_often_that_is_asked_for(database):
    first = submit_once(database, document=build_document(), submitted_by="abe", key="k").job_id
    for number, person, code in ((first, "abe", "job.not_failed"), (first, "ito", "job.not_found"), (99, "abe", None)):
        with pytest.raises(ReviewError) as caught:
            try_again(database, job_id=number, submitted_by=person)
        assert caught.value.code == (code or "job.not_found")
    queue.cancel(database, first)
    second = try_again(database, job_id=first, submitted_by="abe")
    assert try_again(database, job_id=first, submitted_by="abe") == second != first
    assert (service.job(database, second).state, service.job(database, second).document_title) == ("queued", "Log 1")
    assert submit_once(database, document=build_document(), submitted_by="abe", key="k").job_id == second
    assert recorded(database)[-1] == ("job_tried_again", "abe", {"job": second, "failed_job": first, "document": 1})
