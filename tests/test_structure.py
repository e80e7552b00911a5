"""The picture in the README holds: who may import whom, and that importing does nothing."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {
    "errors": set(),
    "config": set(),
    "datasets": {"errors"},
    "documents": {"errors"},
    "corpus": {"errors"},
    "laplace": {"errors"},
    "uncertainty": {"errors"},
    "language": {"errors", "config"},
    "training": {"errors", "documents", "language", "laplace", "corpus", "datasets"},
    "pipeline": {"errors", "config", "documents", "language", "laplace", "uncertainty"},
    "review": {"errors", "documents", "uncertainty"},
    "jobs": {"errors", "documents", "review", "uncertainty"},
    "people": {"errors", "review"},
    "webhooks": {"errors", "review"},
    "evaluation": {
        "errors", "config", "datasets", "documents", "corpus", "language", "laplace", "uncertainty", "training",
        "pipeline", "review",
    },
}  # fmt: skip
#: Inside of `review`, from the bottom: a layer knows those that it names, all of them below it.
REVIEW_LAYERS = {
    "store": set(),
    "policy": {"store"},
    "learning": {"store", "policy"},
    "intake": {"store", "policy", "learning"},
    "queue": {"store", "intake"},
}
MODEL_ROOMS = {"language", "laplace", "training", "evaluation", "pipeline"}
MODEL_PACKAGES = {"torch", "transformers", "peft", "accelerate", "safetensors"}
LONGEST_FILE_LINES = 350


def modules(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def room_of(path):
    return path.relative_to(ROOT / "backend").parts[0].removesuffix(".py")


def imports(path):
    """Full names of everything that a module imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


BACKEND = [path for path in modules("backend") if path.name != "__init__.py" or path.parent.name != "backend"]


@pytest.mark.parametrize("path", BACKEND, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_backend_module_imports_only_what_the_picture_allows(path):
    room = room_of(path)
    for name in imports(path):
        top, *rest = name.split(".")
        assert top not in {"app", "gradio", "fastapi", "starlette"}, f"{path} imports {name}"
        if top == "backend":
            assert rest[0] in ROOMS[room] | {room}, f"{path} imports {name}"
        if top in MODEL_PACKAGES:
            assert room in MODEL_ROOMS, f"{path} imports {name}"


def test_every_room_on_disk_is_in_the_picture_and_the_other_way_round():
    assert {room_of(path) for path in BACKEND} == set(ROOMS)


REVIEW = ROOT / "backend" / "review"


@pytest.mark.parametrize("path", modules("backend/review"), ids=lambda path: str(path.relative_to(REVIEW)))
def test_a_module_of_the_review_imports_only_what_its_layer_may_know(path):
    layer = path.relative_to(REVIEW).parts[0]  # the room's own `__init__.py` knows none
    for name in imports(path):
        if name.startswith("backend.review"):
            assert layer in REVIEW_LAYERS, f"{path} imports {name}"
            assert name.split(".")[2] in REVIEW_LAYERS[layer] | {layer}, f"{path} imports {name}"


def test_every_layer_of_the_review_on_disk_is_in_the_picture_and_the_other_way_round():
    found = {path.name for path in REVIEW.iterdir()} - {"__init__.py", "__pycache__"}
    assert found == set(REVIEW_LAYERS)


def test_a_layer_of_the_review_knows_only_layers_below_it():
    names = list(REVIEW_LAYERS)
    for place, name in enumerate(names):
        assert REVIEW_LAYERS[name] <= set(names[:place]), name


@pytest.mark.parametrize("path", modules("app") + modules("backend"), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE_LINES


def test_importing_everything_reads_no_environment_and_writes_nothing(tmp_path):
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in modules("backend") + modules("app")
        if path.name != "__main__.py"
    ]
    program = (
        "import importlib, os, socket, threading\n"
        "import gradio, torch, transformers, peft, sklearn, alembic\n"  # theirs, not ours
        "reads, threads = [], threading.active_count()\n"
        "original = os.environ.__class__.__getitem__\n"
        "def watch(self, key):\n"
        "    reads.append(key)\n"
        "    return original(self, key)\n"
        "os.environ.__class__.__getitem__ = watch\n"
        f"[importlib.import_module(name) for name in {names!r}]\n"
        "assert not [key for key in reads if key.startswith('TASHIKA')], reads\n"
        "assert threading.active_count() == threads, threading.enumerate()\n"
    )
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, env=environment)
    assert not (tmp_path / "data").exists()


def test_the_top_level_is_as_agreed():
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    allowed = {"pyproject.toml", "app", "backend", "migrations", "tests", "README.md"}
    made_by_tools = {"build", "tashika.egg-info"}
    assert visible - made_by_tools <= allowed
