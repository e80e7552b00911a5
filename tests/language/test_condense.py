from hypothesis import given, settings
from hypothesis import strategies as st

from backend.language.condense import condense, split_units


def words(text):
    return len(text.split())


def test_a_document_that_fits_is_kept_whole():
    excerpt = condense("Lot 7 OK.\nShaft 12.00 mm.", max_tokens=10, count_tokens=words)
    assert (excerpt.text, excerpt.kept, excerpt.is_complete) == ("Lot 7 OK.\nShaft 12.00 mm.", ((0, 25),), True)


def test_the_beginning_and_the_findings_survive():
    filler = "\n".join(f"Reading {n} is 12.0{n % 10} mm and within limits." for n in range(200))
    text = f"Lot 4711, shaft A.\n{filler}\nBore 3 is 12.61 mm: NG, lot on hold.\n{filler}"
    excerpt = condense(text, max_tokens=80, count_tokens=words)
    assert not excerpt.is_complete
    assert excerpt.text.startswith("Lot 4711, shaft A.")
    assert "12.61 mm: NG, lot on hold." in excerpt.text
    assert "\n…\n" in excerpt.text
    assert words(excerpt.text) <= 90


def test_kept_ranges_are_the_text_in_order():
    text = "\n".join(f"Line {n}: value {n}." for n in range(100))
    excerpt = condense(text, max_tokens=40, count_tokens=words)
    assert "\n…\n".join(text[start:end].strip("\n") for start, end in excerpt.kept) == excerpt.text
    assert list(excerpt.kept) == sorted(excerpt.kept)


def test_a_log_without_line_ends_is_read_in_parts():
    excerpt = condense("value " * 5000, max_tokens=50, count_tokens=words)
    assert 0 < words(excerpt.text) <= 60


def test_japanese_sentences_are_units():
    text = "ロット7。" + "外径12.00mm。" * 100 + "穴径は不合格。" + "良。" * 50
    excerpt = condense(text, max_tokens=60, count_tokens=len)
    assert "不合格" in excerpt.text
    assert excerpt.text.startswith("ロット7。")


@given(st.text(max_size=300), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_condensed_within_bounds(text, budget):
    excerpt = condense(text, max_tokens=budget, count_tokens=len)
    assert all(0 <= start < end <= len(text) for start, end in excerpt.kept) or not text
    assert excerpt.is_complete == (len(text) <= budget)
    assert sum(end - start for start, end in excerpt.kept) <= max(budget, len(text) if excerpt.is_complete else 0)


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_units_cover_the_text(text):
    units = split_units(text)
    assert "".join(text[start:end] for start, end in units) == text
