"""Every bad input gives a document or exactly one sentence; the document's own promises hold."""

from __future__ import annotations

import resource
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.documents import MAX_CHARACTERS, Document, read_file, read_text
from backend.documents import document as document_module
from backend.errors import DocumentError
from tests.documents import corpus

EXTENSIONS = (".txt", ".md", ".csv", ".xlsx", ".docx", ".pdf", "")


def check_promises(document: Document) -> None:
    assert document.text.strip()
    assert len(document.text) <= MAX_CHARACTERS
    assert 0 < len(document.title) <= 80
    assert "\n" not in document.title
    assert document.kind in ("inspection_log", "specification", "report")
    assert document.language in ("en", "ja")
    document.text.encode("utf-8")
    assert not set(document.text) & set("\0\r\f\u202e\u2066\ufeff")


@pytest.mark.parametrize("name", corpus.FILES)
def test_every_bad_file_gives_a_document_or_one_sentence(name, tmp_path):
    case = corpus.FILES[name]
    path = case.write(tmp_path)
    if case.expected == corpus.RESULT:
        document = read_file(path)
        check_promises(document)
        assert document.notes == case.notes
        assert document.source_name == case.file_name
    else:
        with pytest.raises(DocumentError) as refusal:
            read_file(path)
        assert refusal.value.code == case.expected
        assert case.file_name in str(refusal.value)
        assert "{" not in str(refusal.value)


@pytest.mark.parametrize("name", corpus.PASTED)
def test_every_bad_paste_gives_a_document_or_one_sentence(name):
    case = corpus.PASTED[name]
    if case.expected == corpus.RESULT:
        document = read_text(case.text)
        check_promises(document)
        assert document.notes == case.notes
    else:
        with pytest.raises(DocumentError) as refusal:
            read_text(case.text)
        assert refusal.value.code == case.expected


@pytest.mark.parametrize("name", ["cp932_half_width_kana", "euc_jp", "iso_2022_jp", "utf_16_no_mark"])
def test_japanese_arrives_whole_from_every_encoding(name, tmp_path):
    text = read_file(corpus.FILES[name].write(tmp_path)).text
    assert text == ("ﾛｯﾄ A-12 ｹﾝｻ OK" if "kana" in name else corpus.LOG_JA.strip())


def test_hostile_text_is_kept_letter_for_letter(tmp_path):
    assert read_file(corpus.FILES["hostile_text"].write(tmp_path)).text == corpus.HOSTILE_TEXT.rstrip("\n")


def test_a_huge_file_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(40 * 1024**3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DocumentError, match="40960.0 MB, and at most 20 MB"):
        read_file(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024


def test_the_refusal_of_a_long_text_says_both_numbers():
    with pytest.raises(DocumentError, match="200,001 characters, and at most 200,000"):
        read_text("x" * 200_001)
    assert len(read_text("x" * 200_000).text) == 200_000


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path):
    for path, code in (
        (tmp_path, "not_a_file"),
        (tmp_path / "gone.txt", "missing"),
        (tmp_path / "a\0b", "missing"),
    ):
        with pytest.raises(DocumentError) as refusal:
            read_file(path)
        assert refusal.value.code == f"document.{code}"


def test_a_file_without_permission_is_unreadable(tmp_path, monkeypatch):
    path = corpus.FILES["emoji"].write(tmp_path)

    def refuse(*_args, **_options):
        raise PermissionError(13, "denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DocumentError) as refusal:
        read_file(path)
    assert refusal.value.code == "document.unreadable"
    assert isinstance(refusal.value.__cause__, PermissionError)


def test_the_upload_name_wins_over_the_temporary_path(tmp_path):
    path = tmp_path / "tmp1234"
    path.write_bytes(b"Lot,Verdict\nA-1,OK\n")
    document = read_file(path, name="C:\\fakepath\\results.csv")
    assert (document.source_name, document.title) == ("results.csv", "results")
    assert document.text == "Lot | Verdict\nA-1 | OK"


def test_a_name_cannot_disguise_itself_or_break_the_line(tmp_path):
    path = corpus.FILES["emoji"].write(tmp_path)
    document = read_file(path, name="log\u202etxt.exe\n\0.txt")
    assert document.source_name == "logtxt.exe .txt"


def test_a_very_long_name_keeps_its_extension(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(b"a,b\nc,d\n")
    assert read_file(path, name="n" * 300 + ".csv").text == "a | b\nc | d"


@pytest.mark.parametrize(
    ("text", "title"),
    [("\n# Lot 5 #\nOK", "Lot 5"), ("---\nfirst line\nsecond", "first line"), ("x" * 100, "x" * 79 + "…")],
)
def test_a_paste_is_titled_by_its_heading_or_first_line(text, title):
    assert read_text(text).title == title


def test_a_given_title_wins():
    assert read_text("first line", title=" My\nlog ").title == "My log"


@pytest.mark.parametrize(
    "text", [" " * 199_999 + "x", "a" + "\u0301\u0327" * 99_999, "#" * 200_000, "# " + " #" * 99_000]
)
def test_long_runs_of_one_character_cost_no_time(text):
    started = time.perf_counter()
    read_text(text)
    assert time.perf_counter() - started < 2


@given(data=st.binary(max_size=300), extension=st.sampled_from(EXTENSIONS))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_document_or_one_sentence(data, extension, tmp_path):
    path = tmp_path / f"fuzz{extension}"
    path.write_bytes(data)
    try:
        document = read_file(path)
    except DocumentError as refusal:
        assert refusal.code.startswith("document.")
    else:
        check_promises(document)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
@settings(max_examples=120, deadline=None)
def test_any_text_gives_a_document_or_one_sentence(text):
    try:
        document = read_text(text)
    except DocumentError as refusal:
        assert refusal.code == "document.paste_empty"
    else:
        check_promises(document)
        assert document_module.clean_text(document.text) == (document.text, ())
