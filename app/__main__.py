"""The command line. Modules of a command are imported when it is called, so that `tashika --help` is quick."""

from __future__ import annotations

import io
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.commands.backup_cli import add_backup
from app.commands.benching import bench_cli
from app.commands.choices_cli import choices_cli
from app.commands.data_cli import data_cli
from app.commands.deciding_cli import deciding_cli
from app.commands.errors_cli import errors_cli
from app.commands.people_cli import add_people
from app.commands.records_cli import add_records
from app.commands.retraining_cli import retraining_cli
from app.commands.which_adapter import AdapterOption, choose
from backend.config import Settings
from backend.errors import TashikaError
from backend.review.store.storable import MAX_NUMBER

HELD_OUT = 40  # validation rows of a file: enough to choose by, few enough to wait for
cli = typer.Typer(
    help="Summaries that show where they are unsure.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(data_cli)
cli.add_typer(deciding_cli)
cli.add_typer(retraining_cli)


class VerdictKind(StrEnum):
    """What a person can say about a summary."""

    APPROVE = "approve"
    CORRECT = "correct"
    REJECT = "reject"


class Part(StrEnum):
    """Documents to evaluate on."""

    TEST = "test"
    VALIDATION = "validation"


class Precision(StrEnum):
    """Number formats of frozen weights."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def _say(value: object) -> None:
    sys.stdout.write(f"{value}\n")


def _say_json(value: object) -> None:
    _say(json.dumps(value, ensure_ascii=False, indent=1))


@cli.command()
def train(
    data: Annotated[list[Path], typer.Option(help="JSONL or CSV with document, reference; may be repeated.")],
    output: Annotated[Path, typer.Option(help="Folder for the adapter.")],
    name: Annotated[str, typer.Option(help="Name shown in records.")] = "adapter",
    rank: Annotated[int, typer.Option(min=1)] = 8,
    layers: Annotated[str, typer.Option(help="Layers with an adapter, like 10-29; empty: all.")] = "",
    modules: Annotated[str, typer.Option(help="Linear layers with an adapter.")] = "q_proj,v_proj",
    start_from: Annotated[Path | None, typer.Option(help="Adapter to go on from.")] = None,
    epochs: Annotated[float, typer.Option(min=0.01)] = 1.0,
    learning_rate: Annotated[float, typer.Option(min=0.0)] = 1e-3,
    batch_size: Annotated[int, typer.Option(min=1)] = 8,
    evaluate_every: Annotated[int, typer.Option(min=1, help="Steps between validations and checkpoints.")] = 50,
    limit: Annotated[int, typer.Option(min=0, help="Most training rows of one file; 0: all.")] = 0,
    held_out: Annotated[int, typer.Option(min=0, help="Most validation rows of one file; 0: all.")] = HELD_OUT,
    max_document_tokens: Annotated[int, typer.Option(min=16)] = 384,
    max_target_tokens: Annotated[int, typer.Option(min=4)] = 130,
    dtype: Annotated[Precision, typer.Option(help="Of frozen weights; auto: the faster.")] = Precision.AUTO,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Fine-tune a LoRA adapter; an interrupted run goes on where it stopped."""
    from app.commands import training
    from backend.training.adapter import TrainingPlan

    plan = TrainingPlan(
        name=name, rank=rank, alpha=2 * rank, target_modules=tuple(modules.split(",")),
        layers=training.parse_layers(layers), learning_rate=learning_rate, epochs=epochs, batch_size=batch_size,
        evaluate_every=evaluate_every, seed=seed,
    )  # fmt: skip
    record = training.train(
        Settings(), files=data, output=output, plan=plan, limit=limit, held_out=held_out,
        max_document_tokens=max_document_tokens, max_target_tokens=max_target_tokens, dtype=dtype.value,
        start_from=start_from,
    )  # fmt: skip
    _say(f"adapter written to {output}; validation loss {record['validation_loss']:.4f} nats a token")


@cli.command()
def fit(
    adapter: Annotated[Path, typer.Option(help="Folder of the adapter; the posterior is written into it.")],
    data: Annotated[list[Path], typer.Option(help="JSONL or CSV with document, reference; may be repeated.")],
    name: Annotated[str, typer.Option(help="Name shown in records.")] = "posterior",
    rank: Annotated[int, typer.Option(min=0, help="Eigenvectors kept of each factor while fitting; 0: all.")] = 64,
    samples: Annotated[int, typer.Option(min=2, help="Samples of the held-out predictive.")] = 8,
    batch_size: Annotated[int, typer.Option(min=1)] = 4,
    limit: Annotated[int, typer.Option(min=0, help="Most training rows of one file; 0: all.")] = 0,
    held_out: Annotated[int, typer.Option(min=0, help="Most validation rows of one file; 0: all.")] = HELD_OUT,
    max_document_tokens: Annotated[int, typer.Option(min=16)] = 384,
    max_target_tokens: Annotated[int, typer.Option(min=4)] = 130,
    most_mb: Annotated[
        float | None, typer.Option(min=0.1, help="Most megabytes on disk; default: 1.5 adapters, at least 5.8.")
    ] = None,
    factor_examples: Annotated[
        int | None, typer.Option(min=0, help="Training rows for the factors; 0: all; default: a quarter, at least 64.")
    ] = None,
    start: Annotated[float | None, typer.Option(min=0, help="First prior precision; default P/|theta|^2.")] = None,
    most_points: Annotated[int, typer.Option(min=3, help="Prior precisions to try at most.")] = 9,
    dtype: Annotated[Precision, typer.Option(help="Of frozen weights, for the factors.")] = Precision.AUTO,
    chart: Annotated[Path | None, typer.Option(help="HTML file of a chart of the search to write.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Fit the Laplace posterior of an adapter; the prior precision is chosen on held-out tokens."""
    from app.commands import training
    from backend.training.fitting import FitPlan

    plan = FitPlan(
        name=name, rank=rank, factor_examples=factor_examples, samples=samples, batch_size=batch_size, seed=seed,
        start=start, most_points=most_points, most_bytes=None if most_mb is None else round(most_mb * 1e6),
    )  # fmt: skip
    report = training.fit(
        Settings(), files=data, adapter=adapter, plan=plan, limit=limit, held_out=held_out,
        max_document_tokens=max_document_tokens, max_target_tokens=max_target_tokens, dtype=dtype.value, chart=chart,
    )  # fmt: skip
    for point in (report.choice.map, report.choice.map_tempered, report.choice.best):
        _say(training.describe_point(point))
    _say(f"posterior {report.record['name']} written to {adapter / 'posterior'}")


@cli.command("cold-start")
def cold_start(
    output: Annotated[Path, typer.Option(help="JSON file to write.")],
    count: Annotated[int, typer.Option(min=10, help="Generated documents to summarize.")] = 200,
    samples: Annotated[int, typer.Option(min=2)] = 8,
    seed: Annotated[int, typer.Option(help="Of the documents and of the folds.")] = 0,
    adapter: AdapterOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Learn the first calibration on generated documents, whose errors are known exactly."""
    from app.commands import cold_start as command

    chosen = choose(Settings(), adapter)
    seen = command.learn(chosen.settings, count=count, seed=seed, samples=samples, output=output)
    if as_json:
        _say_json({**seen, "used": chosen.to_json()})
        return
    _say(
        f"learned on {seen['documents']} summaries ({seen['wrong_summaries']} wrong) with {seen['phrases']} phrases "
        f"({seen['wrong_phrases']} wrong); written to {output}"
    )


@cli.command()
def summarize(
    file: Annotated[Path, typer.Argument(help="txt, md, csv, xlsx, docx or pdf.")],
    samples: Annotated[
        int | None, typer.Option(min=0, max=256, help="Posterior samples; default: the policy's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Summarize a document; every token and phrase gets its uncertainty."""
    from app.commands import reviewing

    view = reviewing.summarize(Settings(), file, samples=samples)
    if as_json:
        _say_json(reviewing.summary_json(view))
    else:
        _say(reviewing.describe_summary(view))


@cli.command()
def inbox(
    page: Annotated[int, typer.Option(min=1)] = 1,
    page_size: Annotated[int, typer.Option(min=1, max=500)] = 50,
    state: Annotated[
        str, typer.Option(help="pending (without postponed ones), overdue, postponed, escalated, decided or all.")
    ] = "pending",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the review inbox, most doubtful first."""
    from app.commands import reviewing

    found = reviewing.read_inbox(Settings(), page=page, page_size=page_size, state=state)
    if as_json:
        _say_json(reviewing.inbox_json(found))
        return
    for row in found.rows:
        _say(f"{row.item_id:>6}  {row.risk:5.2f}  {row.reason:<15} {row.title[:40]:<40}  {row.verdict or ''}")
    _say(f"page {found.page} of {found.pages}, {found.total} items")


@cli.command()
def verdict(
    item: Annotated[int, typer.Argument(min=1, max=MAX_NUMBER, help="Number of the review item.")],
    kind: Annotated[VerdictKind, typer.Argument(help="What you say about the summary.")],
    text_file: Annotated[Path | None, typer.Option(help="The corrected summary, for `correct`.")] = None,
    note: Annotated[str, typer.Option(help="A comment for the record.")] = "",
) -> None:
    """Approve, correct or reject a summary."""
    from app.commands import reviewing

    given = reviewing.give_verdict(Settings(), item, kind=kind.value, text_file=text_file, note=note)
    _say(reviewing.describe_given(given, item_id=item, kind=kind.value))


@cli.command()
def recalibrate(
    retune: Annotated[
        bool, typer.Option("--retune", help="First tune the posterior on corrected texts; used only if better.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Learn from the verdicts; a new calibration is used only if it is better on held-out ones."""
    from app.commands import reviewing

    retuned = {"retuning": reviewing.retune(Settings())} if retune else {}
    result = reviewing.recalibrate(Settings())
    if as_json:
        _say_json({**reviewing.recalibration_json(result), **retuned})
        return
    for outcome in retuned.values():
        _say(outcome["reason_text"])
    _say(reviewing.describe_recalibration(result))


add_backup(cli)
evaluate_cli = typer.Typer(help="Measure quality.", no_args_is_help=True)
cli.add_typer(evaluate_cli, name="evaluate")
evaluate_cli.add_typer(errors_cli)
evaluate_cli.add_typer(choices_cli)


@evaluate_cli.callback()
def evaluate_group() -> None:
    """Measure quality on held-out data."""


@evaluate_cli.command("summaries")
def evaluate_summaries(
    data: Annotated[
        list[Path] | None, typer.Option(help="JSONL or CSV with document, reference; may be repeated.")
    ] = None,
    generated: Annotated[int, typer.Option(min=0, help="Generated documents with known facts to add.")] = 120,
    limit: Annotated[int, typer.Option(min=0, help="Most documents of one file; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    cache: Annotated[Path | None, typer.Option(help="File of finished summaries, to go on after a stop.")] = None,
    part: Annotated[Part, typer.Option(help="validation: to choose by, the test part stays unseen.")] = Part.TEST,
    adapter: AdapterOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """ROUGE, and on generated logs the facts: the adapter against the base model and two baselines."""
    from app.commands import measuring
    from backend.evaluation.summaries_table import format_table

    chosen = choose(Settings(), adapter)
    report, left_out = measuring.evaluate(
        chosen.settings, files=data or [], generated=generated, limit=limit, seed=seed, cache=cache, part=part.value
    )
    if as_json:
        _say_json({**measuring.report_json(report, left_out), "used": chosen.to_json()})
        return
    _say(format_table(report))
    for name, count in left_out.items():
        reason = "not of the validation part" if part == Part.VALIDATION else "seen, or kept to choose by"
        _say(f"{name}: {count} documents left out, {reason}")


cli.add_typer(bench_cli, name="bench")
add_people(cli)
add_records(cli, bench_cli=bench_cli)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default TASHIKA_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default TASHIKA_PORT or 7860.")] = None,
) -> None:
    """Serve the pages (the default command)."""
    from app.commands.serving import serve as run

    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    run(Settings(**chosen))


@cli.command()
def worker() -> None:
    """Work on the queue without serving pages: summaries, trainings, scores, beside or instead of `serve`."""
    from app.commands.serving import work

    work(Settings())


@cli.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Summaries that show where they are unsure. Without a command: serve the pages."""
    if context.invoked_subcommand is None:
        serve()


def _prepare_output() -> None:
    """Write UTF-8 to pipes and files on every system; what cannot be written (a file's name) ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def main() -> None:
    """Run the command line; an error for a person is one line on stderr and a non-zero exit."""
    _prepare_output()
    try:
        cli()
    except TashikaError as error:
        sys.stderr.write(f"tashika: {error}\n")
        raise SystemExit(1) from None
    except ValidationError as error:  # an environment variable, named by its field
        problem = error.errors()[0]
        name = f"TASHIKA_{'_'.join(map(str, problem['loc'])).upper()}"
        sys.stderr.write(f"tashika: {name} is not valid ({problem['msg']}). Correct or unset it.\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
