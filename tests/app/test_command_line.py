"""The commands as a shell sees them: exit codes, one line on stderr, stable JSON. No model is loaded here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import cli
from backend.people import users
from backend.review.intake import service
from backend.review.store.database import open_database
from tests.review.builders import LOG, build_document, build_scored, record_item, send_all_to_review

ROOT = Path(__file__).parents[2]
COMMANDS = [
    *((), ("demo-data",), ("extracts",), ("train",), ("fit",), ("cold-start",)),
    *(("summarize",), ("inbox",), ("verdict",)),
    *(("recalibrate",), ("export",), ("export", "verdicts"), ("backup",), ("restore",)),
    *(("evaluate",), ("evaluate", "summaries")),
    *(("evaluate", "errors"), ("evaluate", "variants"), ("evaluate", "shift"), ("evaluate", "choices")),
    *(("bench",), ("bench", "summarize"), ("bench", "laplace"), ("bench", "inbox"), ("serve",), ("worker",)),
    *(("import",), ("import", "verdicts"), ("audit",), ("audit", "verify")),
    *(("certify",), ("whatif",), ("simulate",)),
    *(("submit",), ("retrain",), ("models",)),
    *(("users", name) for name in ("add", "list", "role", "disable", "password", "link", "unlink")),
    *(("tokens", name) for name in ("create", "list", "revoke")),
    *(("webhooks", name) for name in ("add", "list", "remove", "dead", "retry")),
    *(("users",), ("tokens",), ("webhooks",)),
]


def run(tmp_path, *arguments, **variables):
    environment = {**os.environ, "TASHIKA_DATA": str(tmp_path / "data"), "COLUMNS": "100", **variables}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "tashika")
def test_every_command_has_help(command):
    from typer.testing import CliRunner  # noqa: PLC0415

    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_every_command_is_in_the_list():
    from typer.main import get_command  # noqa: PLC0415

    def walk(group, path=()):
        yield path
        for name, command in getattr(group, "commands", {}).items():
            yield from walk(command, (*path, name))

    assert set(walk(get_command(cli))) == set(COMMANDS)


def test_an_empty_inbox_is_a_valid_page(tmp_path):
    result = run(tmp_path, "inbox", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"items": [], "total": 0, "page": 1, "pages": 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("summarize", "no-such-file.txt"), "does not exist"),
        (("verdict", "7", "approve"), "7"),
        (("train", "--data", "missing.jsonl", "--output", "x"), "missing.jsonl"),
    ],
)
def test_an_error_is_one_line_on_stderr(tmp_path, arguments, said):
    result = run(tmp_path, *arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("tashika: ")
    assert said in line


@pytest.mark.parametrize(
    ("command", "variables", "said"),
    [
        ("inbox", {"TASHIKA_DATA": "{file}"}, "TASHIKA_DATA"),
        ("serve", {"TASHIKA_DATA": "{file}/below"}, "TASHIKA_DATA"),
        ("inbox", {"TASHIKA_DATABASE_URL": "sqlite:///{file}/below/tashika.db"}, "cannot be used"),
        ("inbox", {"TASHIKA_DATABASE_URL": "postgresql://abe:s3cret@127.0.0.1:port/x"}, "TASHIKA_DATABASE_URL"),
        ("inbox", {"TASHIKA_DATABASE_URL": "postgresql://127.0.0.1:9/x?password=s3cret"}, "cannot be used"),
        (
            "inbox",
            {"TASHIKA_DATABASE_URL": "postgresql://abe:s3cret@127.0.0.1/x", "PYTHONPATH": "{without}"},
            "[postgresql]",
        ),
    ],
)
def test_a_place_for_data_that_cannot_be_used_is_one_line_without_a_password(tmp_path, command, variables, said):
    (tmp_path / "file").write_text("a file, no folder", "utf-8")
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "psycopg.py").write_text("raise ModuleNotFoundError('No module named psycopg')", "utf-8")
    places = {"file": tmp_path / "file", "without": tmp_path / "without"}
    result = run(tmp_path, command, **{name: value.format(**places) for name, value in variables.items()})
    assert result.returncode == 1
    *before, line = result.stderr.splitlines()
    assert before == [] or (command == "serve" and len(before) == 1)  # where it would have been served
    assert line.startswith("tashika: ")
    assert said in line
    assert "s3cret" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("verdict", "{}", "approve"),
        ("tokens", "revoke", "{}"),
        ("webhooks", "remove", "{}"),
        ("webhooks", "retry", "{}"),
        ("models", "--use", "{}"),
    ],
)
def test_a_number_that_no_database_holds_is_refused_by_its_range(arguments):
    from typer.testing import CliRunner  # noqa: PLC0415

    result = CliRunner().invoke(cli, [one.format(2**63) for one in arguments])
    assert result.exit_code == 2
    assert "2147483647" in result.output


def test_an_environment_variable_that_is_wrong_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TASHIKA_PORT", "many")
    result = run(tmp_path, "inbox")
    assert result.returncode == 1
    assert "TASHIKA_PORT" in result.stderr


def test_verdict_recalibrate_and_export_go_together(tmp_path):
    assert run(tmp_path, "inbox").returncode == 0
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'tashika.db'}")
    view = record_item(database)
    database.close()
    correction = tmp_path / "correction.txt"
    correction.write_text("Another text.", "utf-8")
    given = run(tmp_path, "verdict", str(view.item_id), "correct", "--text-file", str(correction))
    assert given.returncode == 0, given.stderr
    again = run(tmp_path, "verdict", str(view.item_id), "approve")
    assert again.returncode == 1
    report = json.loads(run(tmp_path, "recalibrate", "--json").stdout)
    assert report["version"] is None
    assert "3 more are needed" in report["reason_text"]
    (exported,) = run(tmp_path, "export", "verdicts", "--format", "jsonl").stdout.splitlines()
    assert json.loads(exported)["verdict"] == "correct"
    assert run(tmp_path, "export", "verdicts").stdout.startswith("\ufeff")
    audited = run(tmp_path, "audit", "verify", "--json")
    assert (audited.returncode, json.loads(audited.stdout)["is_intact"]) == (0, True)
    (tmp_path / "verdicts.jsonl").write_text(exported + "\n", "utf-8")
    refused = run(tmp_path, "import", "verdicts", str(tmp_path / "verdicts.jsonl"))
    assert (refused.returncode, "empty one" in refused.stderr) == (1, True)


def test_demo_data_is_the_same_for_the_same_seed(tmp_path):
    for name in ("a", "b"):
        assert (
            run(tmp_path, "demo-data", "--count", "3", "--seed", "5", "--output", str(tmp_path / name)).returncode == 0
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len((tmp_path / "a").read_text("utf-8").splitlines()) == 3


def test_a_backup_holds_the_database(tmp_path):
    assert run(tmp_path, "inbox").returncode == 0
    assert run(tmp_path, "backup", str(tmp_path / "copy.db")).returncode == 0
    assert (tmp_path / "copy.db").read_bytes().startswith(b"SQLite format 3")


def test_what_the_encoding_of_the_system_lacks_is_written_to_a_pipe(tmp_path):
    assert run(tmp_path, "inbox").returncode == 0
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'tashika.db'}")
    send_all_to_review(database)
    document = build_document(title="Ø 12 µm 検査")
    service.record(database, document=document, scored=build_scored(document=document))
    users.add(database, name="jørgen", role="admin", password="correct horse battery")
    database.close()
    listed = run(tmp_path, "inbox", "--json", PYTHONIOENCODING="cp932")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert json.loads(listed.stdout)["items"][0]["title"] == "Ø 12 µm 検査"
    assert run(tmp_path, "users", "list", PYTHONIOENCODING="cp932").stdout.startswith("jørgen")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode there")
def test_a_file_whose_name_is_no_text_is_submitted_like_the_others(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in (b"\x8c\x9f.txt", b"zz.txt"):  # the first as an old Japanese Windows wrote it
        (folder / os.fsdecode(name)).write_text(f"{LOG}{name}\n", "utf-8")
    submitted = run(tmp_path, "submit", str(folder), PYTHONIOENCODING="utf-8:strict")
    assert (submitted.returncode, submitted.stderr) == (0, "")
    assert sorted(line.rpartition(": ")[2] for line in submitted.stdout.splitlines()) == ["job 1", "job 2"]
