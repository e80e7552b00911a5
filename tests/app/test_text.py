from __future__ import annotations

import ast
import string
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from app.text import catalogue, error_text, has_text, local_date, local_time, percent, preferred_language, text
from backend.errors import AccessError, DocumentError, ReviewError, TashikaError
from backend.people.person import Person

ROOT = Path(__file__).parents[2]


@cache
def trees() -> tuple[ast.Module, ...]:
    """The parsed sources of the program."""
    files = sorted([*(ROOT / "backend").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in files)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def error_classes() -> set[str]:
    names = {"TashikaError"}
    for _ in range(3):
        for tree in trees():
            for node in ast.walk(tree):
                bases = getattr(node, "bases", ())
                if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") in names for base in bases):
                    names.add(node.name)
    return names


def raised_errors() -> dict[str, str]:
    """Code → English sentence, of every place where both stand as literals."""
    names = error_classes()
    found = {}
    for tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in names or len(node.args) < 2:
                continue
            code, sentence = node.args[:2]
            if isinstance(code, ast.Constant) and isinstance(sentence, ast.Constant):
                found[code.value] = sentence.value
    return found


def used_keys(prefix: str) -> set[str]:
    """String literals of the sources that start with `prefix`."""
    literals = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(prefix):
                literals.add(node.value)
    return {literal for literal in literals if " " not in literal and literal != prefix}


def test_both_catalogues_have_the_same_texts_with_the_same_gaps():
    english, japanese = catalogue("en"), catalogue("ja")
    shown = {key for key in japanese if not key.startswith("error.")}
    assert set(english) == shown
    assert [key for key in english if fields(english[key]) != fields(japanese[key])] == []


def test_every_error_has_a_japanese_sentence_with_the_same_gaps():
    japanese = catalogue("ja")
    errors = raised_errors()
    assert len(errors) > 50
    assert sorted(code for code in errors if f"error.{code}" not in japanese) == []
    assert [code for code in errors if fields(errors[code]) != fields(japanese[f"error.{code}"])] == []


def test_every_reason_has_a_sentence_in_both_languages():
    reasons = used_keys("reason.")
    assert len(reasons) > 15
    assert sorted(code for code in reasons if not has_text("en", code) or not has_text("ja", code)) == []


def test_an_error_speaks_the_language_of_the_page():
    error = DocumentError("document.empty", "{name} is empty (0 bytes); upload it again.", name="a.txt")
    assert error_text("en", error) == "a.txt is empty (0 bytes); upload it again."
    assert error_text("ja", error).startswith("a.txt は空です")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_error_may_speak_of_a_key_and_of_a_language(language):
    sentence = "The key {key} was used for another document already (job {job}); use a new key for a new document."
    error = ReviewError("submission.key_reused", sentence, key="order 7", job=3, language="de")
    assert "order 7" in error_text(language, error)


def test_an_error_without_translation_keeps_its_english_sentence():
    assert error_text("ja", TashikaError("test.unknown", "Said in {n} words.", n=4)) == "Said in 4 words."


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ja,en-US;q=0.9,en;q=0.8", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("de-DE,ja;q=0.5,en;q=0.4", "ja"),
        ("fr", "en"),
        ("", "en"),
        ("ja;q=x, en;q=0.1", "en"),
    ],
)
def test_the_browser_chooses_the_language(header, language):
    assert preferred_language(header) == language


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.0, "0 %"), (0.001, "< 1 %"), (0.42, "42 %"), (0.999, "> 99 %"), (1.0, "100 %")]
)
def test_a_probability_is_never_rounded_to_certainty(probability, shown):
    assert percent(probability) == shown
    assert percent(float("nan")) == "–"


def test_one_is_written_in_the_singular():
    assert text("en", "highlight.lines", count=1, lines="3") == "Rests on line 3 of the document"
    assert text("en", "highlight.lines", count=2, lines="3, 4") == "Rests on lines 3, 4 of the document"


def test_times_are_written_as_the_language_does():
    moment = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)
    assert "2026年" in local_time("ja", moment)
    assert "Jun 2026" in local_time("en", moment)
    assert (local_date("ja", date(2026, 6, 1)), local_date("en", date(2026, 6, 1))) == ("2026年06月01日", "01 Jun 2026")


def test_an_error_calls_a_role_as_the_page_does():
    with pytest.raises(AccessError) as caught:
        Person("abe", "reviewer").require("lead")
    assert "（確認者）" in error_text("ja", caught.value)
    unknown = AccessError("users.role", "There is no role {role}; choose one of: {roles}.", role="king", roles="x")
    assert "king" in error_text("ja", unknown)


def test_who_may_decide_an_item_is_said_with_the_roles_own_name():
    refusal = AccessError("review.role_needed", "Item {item} is for the role {role}.", item=3, role="lead")
    assert error_text("ja", refusal) == "項目 3 は「責任者」が判定する項目です。"
