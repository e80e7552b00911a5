"""What the README says is so: its tree is the tree on disk, its commands exist, its pictures are there."""

import re
from pathlib import Path

from typer.main import get_command

from app.__main__ import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def drawn(folder):
    """Names that the tree shows one level below a folder."""
    block = re.search(rf"^{folder}/ .*?(?=^\S)", README, re.MULTILINE | re.DOTALL).group(0)
    return set(re.findall(r"^  (\S+)", block, re.MULTILINE))


def on_disk(folder):
    """Folders (with a slash) and modules of the project there."""
    found = set()
    for path in (ROOT / folder).iterdir():
        if path.is_dir() and path.name != "__pycache__":
            found.add(f"{path.name}/")
        elif path.suffix == ".py" and path.name != "__init__.py":
            found.add(path.name)
    return found


def test_the_tree_is_the_tree_on_disk():
    assert drawn("app") == on_disk("app")
    assert drawn("backend") == on_disk("backend")


def test_the_layers_that_it_shows_of_the_review_are_those_on_disk():
    block = re.search(r"^  review/ .*?(?=^  \S)", README, re.MULTILINE | re.DOTALL).group(0)
    assert set(re.findall(r"^    (\S+)", block, re.MULTILINE)) == on_disk("backend/review")


def test_every_command_that_it_shows_exists():
    commands = get_command(cli).commands
    shown = set(re.findall(r"tashika ([a-z-]+)", README))
    assert shown <= set(commands)
    assert set(commands) <= shown


def test_pictures_and_local_links_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_two_commands_are_those_that_ci_runs():
    assert "python -m pip install . && python -m app" in README
    command = "python -m pip install '.[test]' && python -m pytest"
    assert command in README
    assert command.replace("install '", "install --quiet '") in (ROOT / ".ci" / "run").read_text("utf-8")
