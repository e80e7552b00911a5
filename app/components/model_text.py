"""What is said about versions of the model, as plain values for `sheet.js` and `progress.js`.

In: counts of reviewed texts, a run, versions. Out: tiles, notes, tables, sentences. Knows nothing of the database.
"""

from __future__ import annotations

from app.components.status import job_error_text
from app.text import local_time, text
from backend.review.learning.corrections import Counts
from backend.review.learning.rescorings import Extent
from backend.review.learning.retrainings import RunView
from backend.review.policy.models import ModelView

TILES = ("train", "validation", "held_out", "calibration")
FIGURES = ("rouge_l", "nll_nats", "complaints")
COLUMNS = ("version", "state", "origin", "adapter", "posterior", "base", "data", "figures", "made")
OPEN = ("queued", "running")


def texts_value(counts: Counts, *, language: str) -> dict:
    """How many reviewed texts there are of each part, and whether they are enough."""
    tiles = [
        {"figure": f"{counts.parts[name]:,}", "caption": text(language, f"models.texts.{name}"), "hint": None}
        for name in TILES
    ]
    tiles[0]["hint"] = text(language, "models.texts.corrected", count=counts.corrected)
    tiles.append(
        {"figure": f"{counts.certificates:,}", "caption": text(language, "models.texts.certificates"), "hint": None}
    )
    key = "models.missing" if counts.missing else "models.enough"
    note = {"type": "note", "tone": "plain", "lines": [text(language, key, missing=counts.missing)]}
    return {"blocks": [{"type": "tiles", "items": tiles}, note]}


def run_value(run: RunView | None, *, language: str) -> dict:
    """Where the newest run stands, with a bar where the share is known; nothing when there is none to speak of."""
    if run is None:
        return {}
    value = {
        "state": run.state,
        "sentence": _run_sentence(run, language=language),
        "detail": text(language, "models.run.by", run=run.id, person=run.requested_by or "–"),
    }
    if run.state in OPEN:
        value["cancel"] = text(language, "models.cancel")
    if run.state == "running" and run.total:
        value["percent"] = round(100 * min(1.0, run.done / run.total))
    return value


def _run_sentence(run: RunView, *, language: str) -> str:
    if run.error is not None:
        return job_error_text(language, run.error)
    if run.state == "finished":
        return text(language, "models.run.finished", version=run.version)
    if run.state == "queued" or not run.stage:
        return text(language, "models.run.queued")
    return text(language, f"models.run.{run.stage}", done=run.done, total=run.total or "?")


def comparison_value(versions: tuple[ModelView, ...], *, language: str) -> dict:
    """The newest comparison: each figure of both models and the difference, with intervals, and the verdict."""
    view = next((one for one in versions if one.report.get("figures")), None)
    if view is None:
        return {"blocks": [{"type": "note", "tone": "plain", "lines": [text(language, "models.comparison.none")]}]}
    tone, key = ("good", "models.not_worse") if view.report["is_not_worse"] else ("warn", "models.worse")
    generated = view.report.get("generated", {})
    names = [*view.report["worse_in"], *generated.get("worse_in", ())]
    worse = ", ".join(text(language, f"models.figure.{name}") for name in names)
    parameters = {"version": view.version, "parent": view.parent, "count": view.report["documents"]}
    note = {"type": "note", "tone": tone, "lines": [text(language, key, **parameters, worse=worse)]}
    blocks = [note, _figures_table(view.report, label=text(language, "models.comparison"), language=language)]
    if generated:
        blocks += _generated_blocks(view, language=language)
    return {"blocks": blocks}


def _generated_blocks(view: ModelView, *, language: str) -> list[dict]:
    """What the new version makes of generated documents: whether it has forgotten something."""
    generated = view.report["generated"]
    key = "models.generated.forgot" if generated["worse_in"] else "models.generated.kept"
    parameters = {"count": generated["documents"], "replayed": view.provenance.get("replayed", 0)}
    tone = "warn" if generated["worse_in"] else "plain"
    note = {"type": "note", "tone": tone, "lines": [text(language, key, **parameters)]}
    return [note, _figures_table(generated, label=text(language, "models.generated"), language=language)]


def _figures_table(report: dict, *, label: str, language: str) -> dict:
    sides = ("before", "after", "difference")
    head = [text(language, "models.figure"), *(text(language, f"models.side.{side}") for side in sides)]
    rows = [
        [text(language, f"models.figure.{name}"), *(_interval(report["figures"][name][side]) for side in sides)]
        for name in FIGURES
        if name in report["figures"]
    ]
    return {"type": "table", "label": label, "head": head, "rows": rows}


def _interval(bounds: list[float | None]) -> str:
    low, middle, high = ("–" if bound is None else f"{bound:.3f}" for bound in bounds)
    return f"{middle} [{low}, {high}]"


def rescoring_value(found: Extent | None, *, language: str) -> dict:
    """How many reviewed summaries of other versions are scored under the one in force; nothing where there are none."""
    if found is None or not found.total:
        return {}
    is_over = found.done >= found.total
    key = "models.rescored" if is_over else "models.rescoring"
    value = {
        "state": "finished" if is_over else "running",
        "sentence": text(language, key, version=found.version, done=found.done, total=found.total),
        "detail": text(language, "models.rescoring.info"),
    }
    return value if is_over else {**value, "percent": round(100 * found.done / found.total)}


def versions_value(versions: tuple[ModelView, ...], *, language: str) -> dict:
    """All versions with their provenance; one that may be used has a button."""
    return {
        "blocks": [
            {
                "type": "table",
                "label": text(language, "models.versions"),
                "head": [text(language, f"models.column.{name}") for name in COLUMNS],
                "rows": [_version_row(view, language=language) for view in versions],
            }
        ]
    }


def _version_row(view: ModelView, *, language: str) -> list[str | dict]:
    provenance = view.provenance
    data = "–"
    if "train" in provenance:
        data = text(
            language, "models.data", train=len(provenance["train"]), corrected=provenance["corrected"],
            held_out=len(provenance["held_out"]), replayed=provenance.get("replayed", 0),
        )  # fmt: skip
    figures = view.report.get("figures", {})
    shown = [f"{text(language, f'models.figure.{name}')} {figures[name]['after'][1]:.3f}" for name in figures]
    by = view.created_by or text(language, "models.program")
    return [
        str(view.version), _state(view, language=language), text(language, f"models.origin.{view.origin}"),
        view.names.adapter, view.names.posterior, view.names.base, data, "; ".join(shown) or "–",
        f"{local_time(language, view.created_at)}, {by}",
    ]  # fmt: skip


def _state(view: ModelView, *, language: str) -> str | dict:
    if view.is_current:
        return text(language, "models.current")
    if not view.may_be_used:
        return text(language, "models.not_used")
    key = "models.back" if view.was_in_force else "models.promote"
    label = text(language, f"{key}.label", version=view.version)
    return {"press": view.version, "button": text(language, key), "label": label}
