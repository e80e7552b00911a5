"""`tashika serve` and `tashika worker`: the model is prepared in the background, its progress on the terminal."""

from __future__ import annotations

import sys
from contextlib import closing

from tqdm import tqdm

from app.model_loading import Model, ModelLoader, Report
from app.server import serve as run_server
from app.working import work as run_worker
from backend.config import Settings
from backend.review.store.database import open_database


def serve(settings: Settings) -> None:
    """Serve until stopped."""
    sys.stderr.write(f"Tashika: http://{settings.host}:{settings.port}  (data in {settings.data})\n")
    run_server(settings, model=_build_loader(settings, status="waiting" if settings.work else "elsewhere"))


def work(settings: Settings) -> None:
    """Work on the queue until stopped, without pages."""
    sys.stderr.write(f"Tashika: works on the queue (data in {settings.data}); Ctrl+C ends it.\n")
    run_worker(settings, model=_build_loader(settings, status="waiting"))


def _build_loader(settings: Settings, *, status: str) -> ModelLoader:
    return ModelLoader(
        lambda report: _load(settings, report),
        load_version=lambda version: _load_version(settings, version),
        status=status,
    )


def _load_version(settings: Settings, version: int) -> Model:
    """Load another version than the one in force, for an experiment."""
    from app.commands.choosing import load_version  # noqa: PLC0415

    with closing(open_database(settings.url)) as database:
        return load_version(settings, database, version)


def _load(settings: Settings, report: Report) -> Model:
    """Load the model, showing what `report` is told on the terminal, too."""
    from app.commands.choosing import load_in_force  # noqa: PLC0415 - torch takes seconds; the pages come first

    with tqdm(total=100, desc="model", unit="%", bar_format="{desc}: {bar}| {n:.0f} %") as bar:

        def tell(stage: str, share: float) -> None:
            bar.set_description(f"model: {stage}")
            bar.n = 100 * share
            bar.refresh()
            report(stage, share)

        with closing(open_database(settings.url)) as database:  # the server has migrated it
            return load_in_force(settings, database, report=tell)
