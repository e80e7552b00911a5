"""`tashika retrain`, `tashika models`: a new adapter and posterior from reviewers' texts, and which one is in force.

In: settings. Out: a run carried through in this process, or the child process that the pages start for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from backend.config import Settings
from backend.errors import ReviewError, TashikaError
from backend.jobs.heartbeat import beating
from backend.jobs.identity import is_gone, new_identity
from backend.jobs.rescorer import Rescorer
from backend.review.intake.summaries import fingerprint
from backend.review.learning import corrections, rescorings, retrainings
from backend.review.learning.retrainings import Claim, RunView
from backend.review.policy import models, policies
from backend.review.policy.models import ModelView
from backend.review.store.database import Database

WRITE_SECONDS = 0.5  # between two notes of progress
BEAT_SECONDS = 10.0
FIGURES_FILE = "figures.jsonl"
LOG_FILE = "log.txt"
LOW_PRIORITY = 5  # the pages come first
_FOR_CHILD = {"data", "database_url", "model", "adapter", "threads", "max_summary_tokens", "max_document_tokens"}


class RunStoppedError(Exception):
    """Raised inside a progress call: the run was cancelled, or the process is to stop."""


def run_folder(settings: Settings, run_id: int) -> Path:
    """Where a run keeps its checkpoints, its adapter and its log."""
    return settings.adapters_dir / f"run-{run_id}"


def spawn(settings: Settings, run_id: int) -> subprocess.Popen[bytes]:
    """Start the child process of a run; what it says goes to a log beside its checkpoints."""
    folder = run_folder(settings, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG_FILE).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "app", "retrain", "--run", str(run_id)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **_as_environment(settings)},
        )  # fmt: skip


def _as_environment(settings: Settings) -> dict[str, str]:
    """What the child must know as this process does, also where it was not told by the environment."""
    values = settings.model_dump(mode="json", include=_FOR_CHILD)
    return {f"TASHIKA_{name.upper()}": str(value) for name, value in values.items() if value is not None}


def retrain(
    settings: Settings, database: Database, *, person: str, replay: int | None = None, say: Callable[[str], None]
) -> RunView:
    """Ask for a run and carry it through in this process.

    Args:
        replay: generated documents to learn again; None: one a reviewed text, up to a limit.

    Raises:
        ReviewError: one is under way, or there are too few texts.
    """
    from app.commands.choosing import adopt_installed  # noqa: PLC0415 - torch only once it is needed

    adopt_installed(settings, database)
    retrainings.take_back_abandoned(database, is_gone=is_gone)
    run_id = retrainings.waiting(database) or retrainings.request(database, requested_by=person, replay=replay)
    carry_through(settings, database, run_id, say=say)
    while (run := retrainings.find(database, run_id)).state in ("queued", "running"):  # in a server's hands
        say(f"{run.stage} {run.done}/{run.total or '?'}")
        time.sleep(WRITE_SECONDS)
    return run


def carry_through(
    settings: Settings, database: Database, run_id: int, *, say: Callable[[str], None] = lambda line: None
) -> None:
    """Claim a run that waits and work on it to its end; does nothing where another process was faster."""
    is_stopping = _stop_on_signal()
    claimed = retrainings.claim(database, run_id, worker=new_identity())
    if claimed is None:
        return
    try:
        beat = partial(retrainings.beat, database, claimed)
        with beating(beat, seconds=BEAT_SECONDS, name=f"training {run_id}"):
            _work(settings, database, claimed, _reporter(database, claimed, is_stopping, say))
    except RunStoppedError:
        retrainings.release(database, claimed)  # changes nothing where it was cancelled
    except TashikaError as error:
        retrainings.fail(database, claimed, error)
    except Exception:
        unexpected = ReviewError(
            "retraining.unexpected",
            "The training failed; the file {file} in the folder of adapters tells more.",
            file=f"run-{run_id}/{LOG_FILE}",
        )
        retrainings.fail(database, claimed, unexpected)
        raise


def run_child(settings: Settings, database: Database, run_id: int) -> None:
    """What the child process does, out of the way of the pages."""
    psutil.Process().nice(LOW_PRIORITY if os.name == "posix" else psutil.BELOW_NORMAL_PRIORITY_CLASS)
    carry_through(settings, database, run_id)


def _work(settings: Settings, database: Database, claimed: Claim, report: Callable[[str, int, int], None]) -> None:
    import torch  # noqa: PLC0415

    from app.commands.choosing import names_of, settings_of  # noqa: PLC0415
    from backend.pipeline import POSTERIOR_FOLDER, base_source  # noqa: PLC0415
    from backend.training.retraining import RetrainingPlan, retrain  # noqa: PLC0415

    if settings.threads:
        torch.set_num_threads(settings.threads)
    parent, folder = models.find(database, claimed.parent), run_folder(settings, claimed.run_id)
    of_parent = settings_of(settings, parent)
    plan = RetrainingPlan(name=f"retrained-{claimed.run_id}")
    again = draw_generated(claimed, adapter_dir=of_parent.adapter)
    retrain(
        source=base_source(settings), base_id=settings.model, start_from=of_parent.adapter, output_dir=folder,
        posterior_folder=POSTERIOR_FOLDER, train=[*(pair.to_row() for pair in claimed.train), *again.train],
        validation=[*(pair.to_row() for pair in claimed.validation), *again.validation], plan=plan, report=report,
    )  # fmt: skip
    both = (of_parent, settings.model_copy(update={"adapter": folder}))
    samples = policies.current(database).samples
    compared = _compare(both, claimed, again, samples=samples, kept=folder / FIGURES_FILE, report=report)
    names = names_of(folder, base=settings.model, stored=folder.name)
    provenance = {**_provenance(claimed, again), "plan": asdict(plan)}
    retrainings.finish(database, claimed, names=names, report=compared, provenance=provenance)


@dataclass(frozen=True, slots=True)
class Generated:
    """Generated documents of a run: to learn again, to tune by, to see on what was forgotten."""

    train: list[dict[str, str]]
    validation: list[dict[str, str]]
    held_out: list[dict[str, str]]


def draw_generated(claimed: Claim, *, adapter_dir: Path) -> Generated:
    """The generated documents of a run: always the same ones, none of them in two parts or among reviewed ones."""
    from backend.training import replay  # noqa: PLC0415
    from backend.training.seen import read_seen  # noqa: PLC0415

    is_seen = read_seen(adapter_dir)
    reviewed = {pair.document for part in (claimed.train, claimed.validation, claimed.held_out) for pair in part}
    train, validation = replay.share_out(claimed.replay, train=len(claimed.train), validation=len(claimed.validation))
    again = replay.draw_rows(train + validation, seed=replay.REPLAY_SEED, is_taken=lambda text: text in reviewed)
    taken = reviewed | {row["document"] for row in again}
    held_out = replay.draw_rows(
        replay.COMPARED, seed=replay.COMPARING_SEED, is_taken=lambda text: text in taken or is_seen(text)
    )
    return Generated(again[:train], again[train:], held_out)


def _compare(
    both: tuple[Settings, Settings],
    claimed: Claim,
    again: Generated,
    *,
    samples: int,
    kept: Path,
    report: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """The present model and the new one side by side, on reviewed texts and on generated ones."""
    from backend.datasets import Row  # noqa: PLC0415
    from backend.evaluation import adapters  # noqa: PLC0415
    from backend.pipeline import load_summarizer  # noqa: PLC0415

    rows = [Row(id=pair.sha256, **pair.to_row()) for pair in claimed.held_out]
    rows += [Row(id=fingerprint(row["document"]), **row) for row in again.held_out]
    sides = []
    for number, used in enumerate(both):
        offset = number * len(rows)
        sides.append(
            adapters.measure(
                load_summarizer(used),
                rows,
                samples=samples,
                kept=kept,
                on_document=lambda done, total, offset=offset: report("comparing", offset + done, 2 * total),
            )
        )
    reviewed = len(claimed.held_out)
    before, after = sides
    return adapters.compare(before[:reviewed], after[:reviewed], generated=(before[reviewed:], after[reviewed:]))


def _provenance(claimed: Claim, again: Generated) -> dict[str, Any]:
    learned = {pair.sha256 for pair in (*claimed.train, *claimed.validation)}
    learned |= {fingerprint(row["document"]) for row in (*again.train, *again.validation)}
    return {
        "run": claimed.run_id,
        "documents": sorted(learned),
        "train": [pair.verdict for pair in claimed.train],
        "validation": [pair.verdict for pair in claimed.validation],
        "held_out": [pair.verdict for pair in claimed.held_out],
        "corrected": sum(pair.is_corrected for pair in claimed.train),
        "replayed": len(again.train) + len(again.validation),
    }


def _reporter(
    database: Database, claimed: Claim, is_stopping: threading.Event, say: Callable[[str], None]
) -> Callable[[str, int, int], None]:
    """A progress call that writes now and then and at every new stage, and raises when the run is to end."""
    last, written_at = "", -WRITE_SECONDS

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last, written_at
        if is_stopping.is_set():
            raise RunStoppedError
        if stage == last and done < total and time.monotonic() - written_at < WRITE_SECONDS:
            return
        if not retrainings.report(database, claimed, stage=stage, done=done, total=total):
            raise RunStoppedError
        say(f"{stage} {done}/{total or '?'}")
        last, written_at = stage, time.monotonic()

    return report


def _stop_on_signal() -> threading.Event:
    """Set when the process is told to end; only the main thread may ask for that."""
    is_stopping = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, frame: is_stopping.set())
    return is_stopping


def rescore(settings: Settings, database: Database, *, say: Callable[[str], None]) -> dict[str, int]:
    """Score reviewed summaries of other versions under the one in force; how many are done, of how many."""
    from app.commands.choosing import load_in_force  # noqa: PLC0415

    summarizer = load_in_force(settings, database)
    rescorer = Rescorer(database, summarizer.score, is_free=lambda: True)
    failed = rescorer.work_through(lambda done, total: say(f"scoring again {done}/{total}"))
    found = rescorings.extent(database)
    done, total = (found.done, found.total) if found is not None else (0, 0)
    return {"done": done, "total": total, "failed": failed}


def count_texts(database: Database) -> corrections.Counts:
    """How many reviewed texts there are."""
    with database.reading() as session:
        return corrections.read_counts(session)


def outcome_json(database: Database, counts: corrections.Counts, run: RunView | None) -> dict[str, Any]:
    """What a request came to: the texts there are, and the run with the version it made, if it came to that."""
    version = run.version if run is not None else None
    error = run.error if run is not None else None
    return {
        "texts": counts.parts,
        "corrected": counts.corrected,
        "certificates": counts.certificates,
        "missing": counts.missing,
        "run": run.id if run is not None else None,
        "state": run.state if run is not None else "too_few",
        "version": version,
        "error": error.sentence.format(**error.parameters) if error is not None else None,
        "model": model_json(models.find(database, version)) if version is not None else None,
    }


def model_json(view: ModelView) -> dict[str, Any]:
    """A version as plain values."""
    return {**asdict(view), "created_at": view.created_at.isoformat(), "may_be_used": view.may_be_used}
