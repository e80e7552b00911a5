"""Which model is in force: the one that a person promoted last, or the one that the installation brings along.

In: settings and a database. Out: the summarizer of the model in force, and the folders of versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.commands.familiar_documents import FamiliarDocuments
from backend.config import Settings
from backend.errors import ModelError
from backend.language.loading import adapter_id
from backend.laplace.storage import RECORD
from backend.pipeline import POSTERIOR_FOLDER, Summarizer, adapter_folder, load_summarizer
from backend.review.policy import experiments, models
from backend.review.policy.models import ModelNames, ModelView
from backend.review.store.database import Database


def load_in_force(
    settings: Settings, database: Database, *, report: Callable[[str, float], None] = lambda stage, share: None
) -> Summarizer:
    """Load the model in force; the first time, that is the installation's own, which is recorded."""
    adopt_installed(settings, database)
    chosen = models.current(database)
    used = settings if chosen is None else settings_of(settings, chosen)
    return _knowing_documents(load_summarizer(used, report=report), database)


def load_for(settings: Settings, database: Database, *, document_sha256: str) -> Summarizer:
    """The model that summarizes a document: its arm's in a live experiment, else the one in force."""
    arm = experiments.arm_of(database, document_sha256=document_sha256)
    if arm is None or arm.model is None:
        return load_in_force(settings, database)
    return load_version(settings, database, arm.model)


def load_version(settings: Settings, database: Database, version: int) -> Summarizer:
    """Load any version of the model.

    Raises:
        ReviewError, ModelError: there is none, or its files are gone.
    """
    return _knowing_documents(load_summarizer(settings_of(settings, models.find(database, version))), database)


def _knowing_documents(summarizer: Summarizer, database: Database) -> Summarizer:
    return replace(summarizer, is_unusual=FamiliarDocuments(database).is_unusual)


def adopt_installed(settings: Settings, database: Database) -> None:
    """Record the installation's own adapter and posterior; without one, loading says what is missing."""
    folder = adapter_folder(settings)
    if (folder / "adapter_model.safetensors").is_file() and (folder / POSTERIOR_FOLDER / RECORD).is_file():
        models.adopt(database, names_of(folder, base=settings.model, stored=str(folder.resolve())))


def names_of(folder: Path, *, base: str, stored: str) -> ModelNames:
    """What records call the adapter and posterior in a folder."""
    record = json.loads((folder / POSTERIOR_FOLDER / RECORD).read_text("utf-8"))
    return ModelNames(base=base, adapter=adapter_id(folder), posterior=str(record.get("name", "")), folder=stored)


def settings_of(settings: Settings, view: ModelView) -> Settings:
    """The settings with the adapter of a version.

    Raises:
        ModelError: its files are gone, or are no longer those that were recorded.
    """
    stored = settings.adapters_dir / view.names.folder  # an absolute folder stays what it is
    # On another machine that shares the database the installation's own adapter lies elsewhere.
    for folder in (stored, adapter_folder(settings)):
        if _is_of(folder, view, base=settings.model):
            return settings.model_copy(update={"adapter": folder})
    raise ModelError(
        "models.gone",
        "The files of model version {version} in {folder} are missing or were changed. Put them back, or use "
        "another version on the page Models.",
        version=view.version,
        folder=str(stored),
    )


def _is_of(folder: Path, view: ModelView, *, base: str) -> bool:
    try:
        return names_of(folder, base=base, stored=view.names.folder) == view.names
    except (OSError, ValueError):
        return False
