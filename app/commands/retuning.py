"""`tashika recalibrate --retune`: prior precision and temperature anew, from texts that people corrected.

In: settings and a database. Out: what was tried, and a new model version in force if it is better on texts held out.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.commands.choosing import adopt_installed, names_of, settings_of
from backend.config import Settings
from backend.evaluation.bootstrap import bootstrap_difference, bootstrap_mean
from backend.laplace.storage import RECORD, TENSORS
from backend.laplace.storage import load as load_posterior
from backend.pipeline import POSTERIOR_FOLDER, Summarizer, load_summarizer
from backend.review.learning import corrections
from backend.review.learning.corrections import Pair
from backend.review.learning.evidence import load_standing_lightly
from backend.review.policy import models, policies
from backend.review.policy.models import ModelView
from backend.review.store.database import Database
from backend.training.retraining import RetrainingPlan, encode
from backend.training.retuning import Retuning, retune
from backend.uncertainty.phrases import Reason

#: Fewer corrected texts than this cannot be split into some to choose by and some to check on.
LEAST_CORRECTED = 10
#: The held-out part is left for comparing models: a posterior tuned on it would win there.
PARTS = ("train", "validation", "calibration")
_ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json", "training.json", "seen.txt")


@dataclass(frozen=True, slots=True)
class RetuningResult:
    """The new version in force, or None; the decision in words; the figures, if it came to that."""

    version: int | None
    reason: Reason
    retuning: Retuning | None


def retune_posterior(settings: Settings, database: Database, *, person: str) -> RetuningResult:
    """Tune the posterior in force on corrected texts that its adapter has not learned from."""
    adopt_installed(settings, database)
    view = models.current(database)
    pairs = _load_corrected(database, view)
    if len(pairs) < LEAST_CORRECTED:
        parameters = {"corrected": str(len(pairs)), "missing": str(LEAST_CORRECTED - len(pairs))}
        return RetuningResult(None, Reason("reason.retuning_too_few", parameters), None)
    used = settings_of(settings, view)
    summarizer = load_summarizer(used)
    found = _retune(summarizer, pairs, samples=max(2, policies.current(database).samples))
    parameters = {
        "corrected": str(len(found.before_nats)), "gain": f"{found.gain_nats:.4f}",
        "error": f"{found.gain_error_nats:.4f}", "prior": f"{found.prior_precision:.4g}",
        "temperature": f"{found.temperature:.2f}",
    }  # fmt: skip
    if not found.is_better:
        return RetuningResult(None, Reason("reason.retuning_not_better", parameters), found)
    version = _store(settings, database, used.adapter, found, view=view, pairs=pairs, person=person)
    return RetuningResult(version, Reason("reason.retuning_better", parameters), found)


def _load_corrected(database: Database, view: ModelView) -> tuple[Pair, ...]:
    with database.reading() as session:
        chosen = corrections.choose(load_standing_lightly(session))
        seen = models.seen_documents(session, adapter=view.names.adapter)
        verdicts = [
            row.verdict.id
            for name in PARTS
            for row in chosen.parts[name]
            if row.verdict.kind == "correct" and row.sha256 not in seen
        ]
        return corrections.load_pairs(session, verdicts)


def _retune(summarizer: Summarizer, pairs: tuple[Pair, ...], *, samples: int) -> Retuning:
    language = summarizer.language
    examples = encode(language, [pair.to_row() for pair in pairs], RetrainingPlan(name="retuning"))
    return retune(
        language,
        summarizer.posterior,
        examples,
        temperature=summarizer.temperature,
        samples=samples,
        step=summarizer.step,
    )


def _store(
    settings: Settings,
    database: Database,
    source: Path,
    found: Retuning,
    *,
    view: ModelView,
    pairs: tuple[Pair, ...],
    person: str,
) -> int:
    """Write a folder of the same adapter with the new numbers, make it a version, put it in force."""
    folder = settings.adapters_dir / f"retuned-{models.versions(database)[0].version + 1}"
    copy_retuned(source, folder, found)
    after, before = found.after_nats, found.before_nats
    nll = {
        "before": bootstrap_mean(before, seed=0).to_json(),
        "after": bootstrap_mean(after, seed=0).to_json(),
        "difference": bootstrap_difference(after, others=before, seed=0).to_json(),
    }
    report: dict[str, Any] = {
        "documents": len(before), "figures": {"nll_nats": nll}, "worse_in": [], "is_not_worse": True,
        "gain_nats": found.gain_nats, "gain_error_nats": found.gain_error_nats,
    }  # fmt: skip
    provenance = {
        "tuned_on": [pair.verdict for pair in pairs], "prior_precision": found.prior_precision,
        "temperature": found.temperature,
    }  # fmt: skip
    names = names_of(folder, base=settings.model, stored=folder.name)
    with database.session() as session:
        version = models.add(
            session, names, origin="retuned", parent=view.version, created_by=person, report=report,
            provenance=provenance,
        )  # fmt: skip
        session.commit()
    models.use(database, version, by=person)
    return version


def copy_retuned(source: Path, folder: Path, found: Retuning) -> None:
    """The adapter as it is and its posterior under another name; tensors are copied byte by byte.

    The step of the tangents was checked for the other prior precision, so it is left out and checked when loaded.
    """
    (folder / POSTERIOR_FOLDER).mkdir(parents=True, exist_ok=True)
    for name in _ADAPTER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    shutil.copyfile(source / POSTERIOR_FOLDER / TENSORS, folder / POSTERIOR_FOLDER / TENSORS)
    record = json.loads((source / POSTERIOR_FOLDER / RECORD).read_text("utf-8"))
    record.pop("tangents", None)
    if not (folder / "training.json").is_file():  # an adapter without its record is called by its folder
        name = str(record.get("adapter", "")).rpartition("@")[0]
        (folder / "training.json").write_text(json.dumps({"name": name}), "utf-8")
    changed = {
        "name": f"{record.get('name', '')}+{folder.name}",
        "prior_precision": found.prior_precision,
        "temperature": found.temperature,
        "nll_nats": sum(found.after_nats) / len(found.after_nats),
    }
    (folder / POSTERIOR_FOLDER / RECORD).write_text(json.dumps(record | changed, indent=1), "utf-8")
    load_posterior(folder / POSTERIOR_FOLDER)  # what cannot be read is told now
