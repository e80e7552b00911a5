"""Who looks after trainings: one child a run, ended with it, given up when it cannot begin; a switch is told."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from backend.jobs.identity import new_identity
from backend.jobs.retrainer import Retrainer
from backend.review.learning import retrainings
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.store.database import Database
from backend.review.store.model_tables import RetrainingRow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def waiting(database: Database) -> int:
    """A run that waits."""
    models.adopt(database, ModelNames("base", "a@1", "p@1", "/a"))
    data = {"train": [], "validation": [], "held_out": []}
    with database.session() as session:
        row = RetrainingRow(parent=1, state="queued", requested_by="abe", data=data)
        session.add(row)
        session.commit()
    return row.id


class Started:
    """Real processes that do what a test says, and how many there were."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.children: list[subprocess.Popen[bytes]] = []

    def __call__(self, run_id: int) -> subprocess.Popen[bytes]:
        self.children.append(subprocess.Popen([sys.executable, "-c", self.program, str(run_id)], cwd=ROOT))
        return self.children[-1]


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_zombie(child):
    """Whether it has ended and its parent has not asked for its status yet."""
    return psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE


def test_a_run_that_waits_gets_one_child_which_ends_with_it(database: Database, waiting: int):
    spawn = Started("import time; time.sleep(600)")
    retrainer = Retrainer(database, spawn=spawn, on_switch=lambda: None)
    retrainer.look_once()
    retrainer.look_once()
    (child,) = spawn.children
    retrainings.claim(database, waiting, worker=new_identity())
    retrainer.look_once()
    assert child.poll() is None
    retrainings.cancel(database, waiting, by="abe")
    retrainer.look_once()
    assert child.wait(20) != 0
    retrainer.look_once()
    assert len(spawn.children) == 1


def test_a_child_that_cannot_begin_ends_its_run_with_a_sentence(database: Database, waiting: int):
    spawn = Started("raise SystemExit(3)")
    retrainer = Retrainer(database, spawn=spawn, on_switch=lambda: None)
    retrainer.look_once()
    spawn.children[0].wait(20)
    retrainer.look_once()
    run = retrainings.find(database, waiting)
    assert (run.state, run.error.code) == ("failed", "retraining.not_begun")
    assert len(spawn.children) == 1


def test_a_child_that_is_killed_in_the_middle_of_its_run_is_followed_by_another(database: Database, waiting: int):
    url = database.engine.url.render_as_string(hide_password=False)
    spawn = Started(
        "import sys, time\n"
        "from backend.jobs.identity import new_identity\n"
        "from backend.review.learning import retrainings\n"
        "from backend.review.store.database import open_database\n"
        f"retrainings.claim(open_database({url!r}), int(sys.argv[1]), worker=new_identity())\n"
        "time.sleep(600)\n"
    )
    retrainer = Retrainer(database, spawn=spawn, on_switch=lambda: None)
    for attempt in (1, 2):
        retrainer.look_once()
        wait_for(lambda: retrainings.find(database, waiting).state == "running")
        killed = spawn.children[-1]
        killed.kill()
        wait_for(partial(is_zombie, killed))
        retrainer.look_once()
        run = retrainings.find(database, waiting)
        assert (run.state, run.attempts, len(spawn.children)) == ("queued", attempt, attempt + 1)
    spawn.children[-1].kill()
    spawn.children[-1].wait(20)


def test_a_child_that_ends_between_two_looks_at_it_is_followed_by_another(database: Database, waiting: int):
    spawn = Started("raise SystemExit(1)")
    retrainer = Retrainer(database, spawn=spawn, on_switch=lambda: None)
    retrainer.look_once()
    claimed = retrainings.claim(database, waiting, worker=new_identity())
    spawn.children[0].wait(20)
    retrainings.take_back_abandoned(database, is_gone=lambda worker: worker == claimed.worker)
    retrainer.look_once()
    assert retrainings.find(database, waiting).state == "queued"
    assert len(spawn.children) == 2
    spawn.children[1].wait(20)


def test_a_run_of_a_dead_process_gets_a_new_child_until_it_is_given_up(database: Database, waiting: int):
    gone = new_identity().split(":")
    gone[2] = "1.00"  # a process of this number that began long ago
    spawn = Started("")
    for attempt in range(1, retrainings.MAX_ATTEMPTS + 1):
        assert retrainings.claim(database, waiting, worker=":".join(gone)).attempt == attempt
        Retrainer(database, spawn=spawn, on_switch=lambda: None).look_once()
    assert retrainings.find(database, waiting).error.code == "retraining.given_up"
    assert len(spawn.children) == retrainings.MAX_ATTEMPTS - 1
    for child in spawn.children:
        child.wait(20)


def test_a_switch_of_the_model_is_told_once_and_the_adoption_at_the_start_is_none(database: Database):
    told = []
    retrainer = Retrainer(database, spawn=Started(""), on_switch=lambda: told.append(1))
    retrainer.look_once()
    models.adopt(database, ModelNames("base", "a@1", "p@1", "/a"))
    retrainer.look_once()
    assert told == []
    with database.session() as session:
        version = models.add(
            session, ModelNames("base", "a@2", "p@2", "run-1"), origin="retrained", parent=1, created_by="abe",
            report={"is_not_worse": True}, provenance={},
        )  # fmt: skip
        session.commit()
    models.use(database, version, by="abe")
    retrainer.look_once()
    retrainer.look_once()
    assert told == [1]
