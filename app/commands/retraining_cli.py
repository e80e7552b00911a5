"""The options of `retrain` and `models`; what they do stands in `retraining`.

In: arguments of the command line. Out: text or JSON on standard output. Imports late, so that `--help` is quick.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from backend.config import Settings
from backend.review.store.storable import MAX_NUMBER

retraining_cli = typer.Typer(no_args_is_help=False, pretty_exceptions_enable=False)
FIGURE_NAMES = {"rouge_l": "ROUGE-L", "nll_nats": "token NLL (nats)", "complaints": "complaints of the checks"}


def _say(value: object) -> None:
    sys.stdout.write(f"{value}\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"\r{line:<40}")


@retraining_cli.command()
def retrain(
    replay: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=5000,
            help="Generated documents to learn again, so that nothing is forgotten; default: one a reviewed text, "
            "at most 200.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    run: Annotated[int, typer.Option(min=0, max=MAX_NUMBER, hidden=True, help="Carry a run through that waits.")] = 0,
) -> None:
    """Train a new adapter and posterior on approved and corrected texts; nothing is used before you say so."""
    from app.commands import retraining
    from app.commands.reviewing import PERSON, opened

    with opened(Settings()) as database:
        if run:
            retraining.run_child(Settings(), database, run)
            return
        counts = retraining.count_texts(database)
        if counts.missing:
            view = None
        else:
            view = retraining.retrain(Settings(), database, person=PERSON, replay=replay, say=_tell)
        result = retraining.outcome_json(database, counts, view)
    _say(json.dumps(result, ensure_ascii=False, indent=1) if as_json else "\n".join(describe(result)))
    if view is not None and view.state != "finished":
        raise SystemExit(1)


@retraining_cli.command()
def models(
    use: Annotated[int, typer.Option(min=0, max=MAX_NUMBER, help="Put this version in force for later summaries.")] = 0,
    roll_back: Annotated[bool, typer.Option("--roll-back", help="Put the version before in force again.")] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score reviewed summaries of other versions under the one in force.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the versions of the model; promote one that is not worse, go back, let verdicts calibrate the new one."""
    from app.commands import retraining
    from app.commands.reviewing import PERSON, opened
    from backend.review.policy import models as versions

    with opened(Settings()) as database:
        if use:
            versions.use(database, use, by=PERSON)
        elif roll_back:
            versions.roll_back(database, by=PERSON)
        scored = {"rescored": retraining.rescore(Settings(), database, say=_tell)} if rescore else {}
        found = [retraining.model_json(view) for view in versions.versions(database)]
    if as_json:
        _say(json.dumps({"models": found, **scored}, ensure_ascii=False, indent=1))
        return
    _say("\n".join(map(_line, found)))
    for one in scored.values():
        _say(f"{one['done']} of {one['total']} reviewed summaries of other versions are scored under the one in use")


def describe(result: dict[str, Any]) -> list[str]:
    """The outcome in words."""
    parts = result["texts"]
    lines = [
        f"reviewed texts: {parts['train']} to train on ({result['corrected']} corrected), {parts['validation']} to "
        f"tune by, {parts['held_out']} to compare on; kept: {parts['calibration']} for calibration, "
        f"{result['certificates']} for certificates"
    ]
    if result["missing"]:
        return [*lines, f"about {result['missing']} more approved or corrected documents are needed"]
    if result["error"]:
        return [*lines, result["error"]]
    model = result["model"]
    lines += _figure_lines(model["report"])
    if "generated" in model["report"]:
        again = model["provenance"]["replayed"]
        lines.append(f"on other generated documents than the {again} that were learned again:")
        lines += _figure_lines(model["report"]["generated"])
    say = "is not worse; use it with" if model["may_be_used"] else "is worse and is not used; compare it with"
    option = f" --use {model['version']}" if model["may_be_used"] else ""
    return [*lines, f"model version {model['version']} {say} `tashika models{option}`"]


def _figure_lines(report: dict[str, Any]) -> list[str]:
    lines = []
    for name, figure in report["figures"].items():
        before, after = (figure[side][1] for side in ("before", "after"))
        low, middle, high = figure["difference"]
        lines.append(
            f"{FIGURE_NAMES[name]}: {before:.4f} before, {after:.4f} after ({middle:+.4f} [{low:+.4f}, {high:+.4f}])"
        )
    return lines


def _line(model: dict[str, Any]) -> str:
    state = "in use" if model["is_current"] else ("may be used" if model["may_be_used"] else "worse, not used")
    names = model["names"]
    return f"{model['version']:>4}  {state:<16} {model['origin']:<10} {names['adapter']}  {names['posterior']}"
