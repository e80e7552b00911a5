"""The option `--adapter` of commands that measure: a folder, the number of a version, or (without it) what is in use.

In: the text of the option. Out: settings with that adapter, and which one it is. Measuring puts nothing in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.config import Settings
from backend.errors import ModelError
from backend.review.store.storable import MAX_NUMBER

AdapterOption = Annotated[
    str,
    typer.Option(
        "--adapter",
        metavar="PATH|VERSION",
        help="Folder of an adapter, or number of a model version; default: the one in use.",
    ),
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Settings with an adapter; `version` is its number on this installation, if it has one there."""

    settings: Settings
    folder: Path
    version: int | None
    is_in_use: bool

    def to_json(self) -> dict[str, Any]:
        """Which adapter a figure is about."""
        from backend.language.loading import adapter_id

        return {
            "version": self.version,
            "adapter": adapter_id(self.folder),
            "is_in_use": self.is_in_use,
        }


def choose(settings: Settings, adapter: str) -> Chosen:
    """The adapter that the option names.

    Raises:
        ModelError: no such folder, or the files of a version are gone.
        ReviewError: no such version.
    """
    if not adapter:
        return _find_in_use(settings)
    if adapter.isdecimal() and len(adapter) <= len(str(MAX_NUMBER)) and int(adapter) <= MAX_NUMBER:
        return _find_version(settings, int(adapter))
    folder = Path(adapter)
    if not (folder / "adapter_config.json").is_file():
        raise ModelError(
            "model.no_such_adapter",
            "There is no adapter in the folder {folder}. Give the folder of one, or the number of a model version.",
            folder=adapter,
        )
    return Chosen(settings.model_copy(update={"adapter": folder}), folder, version=None, is_in_use=False)


def _find_version(settings: Settings, version: int) -> Chosen:
    from app.commands.choosing import settings_of
    from app.commands.reviewing import opened
    from backend.review.policy import models

    with opened(settings) as database:
        view = models.find(database, version)
    chosen = settings_of(settings, view)
    return Chosen(chosen, chosen.adapter, version=view.version, is_in_use=view.is_current)


def _find_in_use(settings: Settings) -> Chosen:
    """What `serve` would load: a promoted version, unless the installation brings another adapter than before."""
    from app.commands.choosing import names_of, settings_of
    from app.commands.reviewing import opened
    from backend.pipeline import adapter_folder
    from backend.review.policy import models

    folder = adapter_folder(settings)
    installed = Chosen(settings, folder, version=None, is_in_use=True)
    if not settings.database_url and not (settings.data / "tashika.db").is_file():
        return installed
    try:
        names = names_of(folder, base=settings.model, stored=str(folder.resolve()))
    except (OSError, ValueError):  # loading it will say what is missing
        return installed
    with opened(settings) as database:
        view = models.find_after_adopting(database, names)
    if view is None:
        return installed
    chosen = settings_of(settings, view)
    return Chosen(chosen, chosen.adapter, version=view.version, is_in_use=True)
