"""Retraining with a tiny real model: in this process, in a child that is killed, cancelled, compared, promoted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.commands import retraining
from app.commands.choosing import adopt_installed, load_in_force, load_version, settings_of
from app.commands.reviewing import opened
from backend.errors import ModelError, ReviewError
from backend.jobs.identity import is_gone
from backend.review.intake.summaries import fingerprint
from backend.review.learning import retrainings
from backend.review.learning.corrections import load_pairs
from backend.review.policy import models
from backend.training.replay import COMPARED, COMPARING_SEED, REPLAY_SEED, draw_rows
from backend.training.seen import read_seen
from tests.tiny_installation import review_enough, tiny_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """An installation with just enough verdicts, to be copied."""
    folder = tmp_path_factory.mktemp("installation")
    settings = tiny_settings(folder)
    with opened(settings) as database:
        review_enough(database)
        adopt_installed(settings, database)
    return settings


@pytest.fixture
def installation(template, tmp_path):
    """Settings and an open database of its own."""
    settings = template.model_copy(update={"data": tmp_path / "data"})
    settings.data.mkdir()
    source, target = (sqlite3.connect(one.data / "tashika.db") for one in (template, settings))
    source.backup(target)
    source.close()
    target.close()
    with opened(settings) as database:
        yield settings, database


@pytest.fixture(scope="module")
def finished(template, tmp_path_factory):
    """The same with a run that was carried through in this process; what was said meanwhile."""
    settings = template.model_copy(update={"data": tmp_path_factory.mktemp("finished") / "data"})
    settings.data.mkdir()
    shutil.copyfile(template.data / "tashika.db", settings.data / "tashika.db")
    said: list[str] = []
    with opened(settings) as database:
        run = retraining.retrain(settings, database, person="lead", say=said.append)
        yield settings, database, run, said


def test_a_run_makes_a_version_with_its_provenance_that_is_not_in_force(finished):
    settings, database, run, said = finished
    assert (run.state, run.version, run.error) == ("finished", 2, None)
    view = models.find(database, 2)
    assert (view.parent, view.origin, view.created_by, view.is_current) == (1, "retrained", "lead", False)
    assert view.names.adapter.startswith("retrained-1@")
    assert (len(view.provenance["documents"]), view.provenance["replayed"]) == (46, 23)  # as many generated ones
    assert (len(view.provenance["train"]), len(view.provenance["held_out"])) == (20, 5)
    assert view.provenance["corrected"] > 0
    assert {line.split()[0] for line in said} == {"training", "fitting", "tuning", "comparing"}
    assert not (retraining.run_folder(settings, 1) / "checkpoints").exists()
    with database.reading() as session:
        is_seen = read_seen(retraining.run_folder(settings, 1))
        assert all(is_seen(pair.document) for pair in load_pairs(session, view.provenance["train"]))
        assert not any(is_seen(pair.document) for pair in load_pairs(session, view.provenance["held_out"]))
        counted = set(view.provenance["documents"])
    generated = draw_rows(23, seed=REPLAY_SEED)
    assert all(is_seen(row["document"]) and fingerprint(row["document"]) in counted for row in generated)
    compared = draw_rows(COMPARED, seed=COMPARING_SEED)
    assert not any(is_seen(row["document"]) or fingerprint(row["document"]) in counted for row in compared)


def test_the_comparison_has_intervals_over_documents_and_a_verdict(finished):
    _, database, _, _ = finished
    report = models.find(database, 2).report
    assert report["documents"] == 5
    for figure in ("rouge_l", "nll_nats", "complaints"):
        for side in ("before", "after", "difference"):
            low, middle, high = report["figures"][figure][side]
            assert low <= middle <= high
    assert report["figures"]["nll_nats"]["difference"][2] < 0  # it has learned what people let stand
    generated = report["generated"]
    assert generated["documents"] == COMPARED
    assert set(generated["figures"]) == set(report["figures"])
    assert report["is_not_worse"] is (report["worse_in"] == generated["worse_in"] == [])
    assert "nll_nats" not in report["worse_in"]


def test_a_promoted_version_is_loaded_and_a_changed_one_is_refused(finished):
    settings, database, _, _ = finished
    if not models.find(database, 2).may_be_used:
        pytest.fail(str(models.find(database, 2).report))
    models.use(database, 2, by="lead")
    assert load_in_force(settings, database).language.adapter_id == models.find(database, 2).names.adapter
    own = retraining.rescore(settings, database, say=lambda line: None)
    assert own == {"done": 5, "total": 5, "failed": 0}  # those that it was compared on: it has not learned from them
    assert load_version(settings, database, 1).posterior_id == "first@1"  # for an experiment
    assert models.roll_back(database, by="lead") == 1
    assert load_in_force(settings, database).posterior_id == "first@1"
    record = retraining.run_folder(settings, 1) / "posterior" / "posterior.json"
    record.write_text(record.read_text("utf-8").replace("retrained-1@", "other@"), "utf-8")
    with pytest.raises(ModelError) as raised:
        settings_of(settings, models.find(database, 2))
    assert raised.value.code == "models.gone"


CHILD = (
    "import sys; from app.commands.reviewing import opened; from app.commands.retraining import carry_through; "
    "from backend.config import Settings; settings = Settings.model_validate_json(sys.argv[1])\n"
    "with opened(settings) as database: carry_through(settings, database, int(sys.argv[2]))"
)


def start_child(settings, run_id):
    """A child of full priority: what is tested is its end, not its patience."""
    return subprocess.Popen([sys.executable, "-c", CHILD, settings.model_dump_json(), str(run_id)], cwd=ROOT)


def wait_for(condition, *, seconds=300):
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends
        time.sleep(0.1)
    return found


def test_a_killed_child_is_taken_up_from_its_checkpoint(installation):
    settings, database = installation
    run_id = retrainings.request(database, requested_by="lead")
    folder = retraining.run_folder(settings, run_id)
    child = start_child(settings, run_id)
    wait_for(lambda: any(folder.glob("checkpoints/checkpoint-*/trainer_state.json")) or child.poll() is not None)
    assert child.poll() is None
    child.kill()
    child.wait()
    assert retrainings.find(database, run_id).state == "running"
    assert retrainings.take_back_abandoned(database, is_gone=is_gone) == 1
    retraining.carry_through(settings, database, run_id)
    run = retrainings.find(database, run_id)
    assert (run.state, run.error) == ("finished", None)
    assert json.loads((folder / "training.json").read_text("utf-8"))["is_resumed"]


def test_a_cancelled_run_ends_at_its_next_step_and_makes_no_version(installation):
    settings, database = installation
    run_id = retrainings.request(database, requested_by="lead")

    def cancel_in_training(line):
        if line.startswith("training") and not line.startswith("training 0"):
            retrainings.cancel(database, run_id, by="lead")

    retraining.carry_through(settings, database, run_id, say=cancel_in_training)
    run = retrainings.find(database, run_id)
    assert (run.state, run.version, run.error.code) == ("cancelled", None, "retraining.cancelled")
    assert len(models.versions(database)) == 1


def test_the_child_of_the_pages_works_and_gives_its_run_back_when_it_is_told_to_end(installation):
    settings, database = installation
    run_id = retrainings.request(database, requested_by="lead")
    child = retraining.spawn(settings, run_id)
    wait_for(lambda: retrainings.find(database, run_id).state != "queued" or child.poll() is not None)
    os.kill(child.pid, signal.SIGTERM)
    status = child.wait(300)
    assert status == 0, (retraining.run_folder(settings, run_id) / "log.txt").read_text("utf-8")
    assert retrainings.find(database, run_id).state in ("queued", "finished")


def test_a_run_that_fails_says_why(installation):
    settings, database = installation
    run_id = retrainings.request(database, requested_by="lead")
    broken = settings.model_copy(update={"model": "no/such-folder"})
    retraining.carry_through(broken, database, run_id)
    run = retrainings.find(database, run_id)
    assert (run.state, run.error.code) == ("failed", "models.gone")


def test_too_few_texts_are_told_with_their_number_on_the_command_line(tmp_path):
    environment = {**os.environ, "TASHIKA_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "app", "retrain", "--json"], capture_output=True, text=True, cwd=ROOT, env=environment,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["state"], said["missing"], said["run"], said["version"]) == ("too_few", 37, None, None)


def test_whoever_asks_says_how_many_generated_documents_are_learned_again(installation):
    settings, database = installation
    run_id = retrainings.request(database, requested_by="lead", replay=0)
    claimed = retrainings.claim(database, run_id, worker="nobody")
    again = retraining.draw_generated(claimed, adapter_dir=settings.adapter)
    assert (claimed.replay, again.train, again.validation, len(again.held_out)) == (0, [], [], COMPARED)
    taken = replace(claimed.train[0], document=again.held_out[0]["document"])
    others = retraining.draw_generated(replace(claimed, train=(taken,), replay=4), adapter_dir=settings.adapter)
    assert again.held_out[0] not in others.held_out
    assert len(others.train) + len(others.validation) == 4


def test_one_run_at_a_time(installation):
    _, database = installation
    retrainings.request(database, requested_by="lead")
    with pytest.raises(ReviewError) as raised:
        retrainings.request(database, requested_by="lead")
    assert raised.value.code == "retraining.running"
