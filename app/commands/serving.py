"""`tashika serve`: the pages, with the model prepared in the background and its progress on the terminal."""

from __future__ import annotations

import sys
from contextlib import closing

from tqdm import tqdm

from app.model_loading import Model, ModelLoader, Report
from app.server import serve as run_server
from backend.config import Settings
from backend.review.store.database import open_database


def serve(settings: Settings) -> None:
    """Serve until stopped."""
    sys.stderr.write(f"Tashika: http://{settings.host}:{settings.port}  (data in {settings.data})\n")
    model = ModelLoader(
        lambda report: _load(settings, report), load_version=lambda version: _load_version(settings, version)
    )
    run_server(settings, model=model)


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
