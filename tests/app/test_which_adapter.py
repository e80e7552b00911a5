"""`--adapter`: a folder, a version, or what is in use; looking puts nothing in force."""

from __future__ import annotations

import shutil

import pytest

from app.commands.choosing import adopt_installed, names_of, settings_of
from app.commands.reviewing import opened
from app.commands.which_adapter import choose
from backend.errors import ModelError, ReviewError
from backend.review.policy import models
from tests.tiny_installation import tiny_settings


@pytest.fixture
def settings(tmp_path):
    return tiny_settings(tmp_path)


def promote_copy(settings) -> int:
    """A second version in force, in a folder of its own."""
    folder = settings.adapters_dir / "run-1"
    shutil.copytree(settings.adapter, folder)
    with opened(settings) as database:
        adopt_installed(settings, database)
        with database.session() as session:
            names = names_of(folder, base=settings.model, stored="run-1")
            version = models.add(
                session, names, origin="retrained", parent=1, created_by="abe", report={"is_not_worse": True},
                provenance={},
            )  # fmt: skip
            session.commit()
        models.use(database, version, by="abe")
    return version


def test_before_anything_was_loaded_the_installed_one_is_in_use_and_no_database_is_made(settings):
    chosen = choose(settings, "")
    assert (chosen.settings, chosen.folder, chosen.version, chosen.is_in_use) == (
        settings, settings.adapter, None, True
    )  # fmt: skip
    assert not settings.data.exists()


def test_a_promoted_version_is_in_use_and_every_version_can_be_named(settings):
    version = promote_copy(settings)
    chosen = choose(settings, "")
    assert (chosen.version, chosen.is_in_use, chosen.settings.adapter) == (
        version, True, settings.adapters_dir / "run-1"
    )  # fmt: skip
    first = choose(settings, "1")
    assert (first.version, first.is_in_use, first.folder) == (1, False, settings.adapter.resolve())
    told = chosen.to_json()
    assert (told["version"], told["is_in_use"]) == (version, True)
    assert str(chosen.folder) not in str(told)  # a figure may be published; where a machine keeps its files may not
    assert told["adapter"].startswith("run-1@")


def test_another_adapter_of_the_installation_is_measured_but_not_put_in_force(settings, tmp_path):
    version = promote_copy(settings)
    other = tmp_path / "other"
    shutil.copytree(settings.adapter, other)
    chosen = choose(settings.model_copy(update={"adapter": other}), "")
    assert (chosen.folder, chosen.version) == (other, None)
    with opened(settings) as database:
        assert models.current(database).version == version


def test_a_folder_is_taken_as_it_is_and_what_is_not_there_is_refused(settings, tmp_path):
    chosen = choose(settings, str(settings.adapter))
    assert (chosen.settings.adapter, chosen.version, chosen.is_in_use) == (settings.adapter, None, False)
    for wrong in (str(tmp_path / "nowhere"), str(2**63)):
        with pytest.raises(ModelError) as raised:
            choose(settings, wrong)
        assert raised.value.code == "model.no_such_adapter"
    with pytest.raises(ReviewError) as refused:
        choose(settings, "7")
    assert refused.value.code == "models.not_found"


def test_a_moved_installation_or_another_machine_keeps_the_version_in_force_and_finds_its_own_adapter(
    settings, tmp_path
):
    version = promote_copy(settings)
    moved = tmp_path / "elsewhere" / settings.adapter.name
    shutil.copytree(settings.adapter, moved)
    shutil.rmtree(settings.adapter)
    other = settings.model_copy(update={"adapter": moved})
    with opened(other) as database:
        adopt_installed(other, database)
        assert models.current(database).version == version
        first = models.find(database, 1)
        assert settings_of(other, first).adapter == moved
        shutil.rmtree(moved)
        with pytest.raises(ModelError, match="missing or were changed"):
            settings_of(other, first)
