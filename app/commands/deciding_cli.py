"""The options of `certify`, `whatif`, `simulate`; what they do stands in `deciding` and `simulating`.

In: arguments of the command line. Out: text or JSON on standard output. Imports late, so that `--help` is quick.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.which_adapter import AdapterOption, choose
from backend.config import Settings

deciding_cli = typer.Typer(no_args_is_help=False, pretty_exceptions_enable=False)


def _say(text: str, value: object, *, as_json: bool) -> None:
    shown = json.dumps(value, ensure_ascii=False, indent=1) if as_json else text
    sys.stdout.write(f"{shown}\n")


@deciding_cli.command()
def certify(
    alpha: Annotated[float, typer.Option(help="Largest share of wrong ones among the accepted summaries.")] = 0.05,
    delta: Annotated[float, typer.Option(help="How often such a promise may be false.")] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the threshold below which at most alpha of the summaries are wrong, or say what is missing."""
    from app.commands import deciding

    certificate = deciding.certify(Settings(), alpha=alpha, delta=delta)
    _say(deciding.describe_certificate(certificate), deciding.certificate_json(certificate), as_json=as_json)


@deciding_cli.command()
def whatif(
    threshold: Annotated[float, typer.Option(min=0.0, max=1.0, help="Summaries of a higher risk go to a person.")],
    samples: Annotated[int, typer.Option(min=1, help="Only for the seconds; risks stay as they were.")] = 8,
    audit_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the others that goes, too.")] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay a policy over the summaries so far: reviews, minutes, errors let through, cost."""
    from app.commands import deciding

    report = deciding.ask(Settings(), threshold=threshold, samples=samples, audit_share=audit_share)
    _say(deciding.describe_report(report), deciding.report_json(report), as_json=as_json)


@deciding_cli.command()
def simulate(
    cache: Annotated[Path, typer.Option(help="JSONL of scored summaries.")],
    reviewers: Annotated[int, typer.Option(min=1, help="Simulated people.")] = 3,
    days: Annotated[int, typer.Option(min=1, help="Days that the documents arrive on.")] = 20,
    score: Annotated[int, typer.Option(min=0, help="First score so many generated documents into the file.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Posterior samples while scoring.")] = 8,
    adapter: AdapterOption = "",
    escape_rate: Annotated[float, typer.Option(help="Share of documents that may be wrong and unseen.")] = 0.05,
    learned_from: Annotated[int, typer.Option(min=4, help="Verdicts before the methods are compared.")] = 300,
    seed: Annotated[int, typer.Option(help="Of documents, people and their errors.")] = 0,
    plots: Annotated[Path | None, typer.Option(help="HTML page of diagrams to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Days with simulated reviewers: reviews, escapes, calibration error and cost of four methods."""
    from app.commands import simulating
    from backend.evaluation.simulation import Plan

    if score:
        chosen = choose(Settings(), adapter)
        sys.stderr.write(f"scored by the adapter in {chosen.folder}\n")
        for done in simulating.score(chosen.settings, cache, count=score, seed=seed, samples=samples):
            sys.stderr.write(f"{done} of {score} scored\n")
    plan = Plan(reviewers=reviewers, days=days, escape_rate=escape_rate, learned_from=learned_from, seed=seed)
    simulated = simulating.run(cache, plan=plan)
    if plots is not None:
        simulating.write_plots(simulated.results, plots)
    _say(
        simulating.describe_results(simulated, plan=plan),
        simulating.results_json(simulated, plan=plan),
        as_json=as_json,
    )
