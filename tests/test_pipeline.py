"""Language, Laplace and uncertainty joined, on a tiny real model; the default model has its own end-to-end test."""

import pytest

from backend.config import Settings
from backend.documents import read_text
from backend.errors import ModelError
from backend.language.loading import LanguageModel
from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.pipeline import Summarizer, adapter_folder, batch_of, load_summarizer, trim
from tests.tiny import tiny_peft, tiny_tokenizer

LOG = "Inspection log, lot 4711-A.\nBore 3: 12.61 mm, limit 12.40 ±0.05 mm: NG.\nLot on hold."


@pytest.fixture(scope="module")
def summarizer():
    language = LanguageModel(tiny_peft(vocabulary=258), tiny_tokenizer(), "tiny", "a@1")
    ids = language.tokenizer(LOG, add_special_tokens=False)["input_ids"]
    posterior = build(batch_sums(language.model, batch_of(ids[:30], ids[30:])), prior_precision=50.0)
    return Summarizer(language, posterior, "p@1", max_document_tokens=80, max_summary_tokens=12)


def test_tokens_join_to_the_summary_and_phrases_cover_it(summarizer):
    scored = summarizer.summarize(read_text(LOG), samples=4)
    assert "".join(token.text for token in scored.tokens) == scored.text
    assert all(scored.text[token.start_char : token.end_char] == token.text for token in scored.tokens)
    covered = {i for phrase in scored.analysis.phrases for i in range(phrase.start_char, phrase.end_char)}
    assert all(index in covered for index, character in enumerate(scored.text) if not character.isspace())


@pytest.mark.parametrize("text", ["Bore 3 is 12.61 mm: NG.", "検査結果は不合格 👍🏽", "e\u0301 ${x} <img onerror=1>"])
def test_a_given_text_is_scored_as_it_stands(summarizer, text):
    scored = summarizer.score(read_text(LOG), summary=text, samples=4)
    assert scored.text == text
    assert "".join(token.text for token in scored.tokens) == text
    assert scored.seconds["generate"] == 0.0


def test_the_same_document_gets_the_same_scores(summarizer):
    first, second = (summarizer.score(read_text(LOG), summary="Lot on hold.", samples=4) for _ in range(2))
    assert first.tokens == second.tokens


def test_more_samples_only_sharpen_and_none_means_the_map_weights(summarizer):
    plain = summarizer.score(read_text(LOG), summary="Lot on hold.", samples=0)
    sampled = summarizer.score(read_text(LOG), summary="Lot on hold.", samples=16)
    assert all(token.mutual_information_nats == 0 for token in plain.tokens)
    assert any(token.mutual_information_nats > 0 for token in sampled.tokens)


def test_a_condensed_document_is_said_in_the_notes(summarizer):
    assert summarizer.score(read_text(LOG), summary="x", samples=0).notes == ("document.truncated",)
    assert summarizer.score(read_text("Lot 7 OK."), summary="x", samples=0).notes == ()


def test_progress_tells_reading_writing_and_scoring_in_order(summarizer):
    seen = []
    summarizer.summarize(read_text(LOG), samples=10, on_progress=seen.append)
    stages = [progress.stage for progress in seen]
    assert stages == sorted(stages, key=["reading", "writing", "scoring"].index)
    assert [progress.done for progress in seen if progress.stage == "scoring"] == [0, 8, 10]
    assert all(progress.done <= progress.total for progress in seen)


def test_edges_are_trimmed_within_the_pieces():
    assert trim([" ", "\n Lot", " 7", " ", ""]) == ["", "Lot", " 7", "", ""]


def test_another_model_without_an_adapter_is_one_sentence(tmp_path):
    with pytest.raises(ModelError, match="tashika train"):
        adapter_folder(Settings(data=tmp_path, model="somewhere/else"))


def test_an_adapter_folder_without_adapter_is_one_sentence(tmp_path):
    base = tmp_path / "base"
    tiny_peft(vocabulary=258).unload().save_pretrained(base)
    tiny_tokenizer().save_pretrained(base)
    with pytest.raises(ModelError, match="no adapter in"):
        load_summarizer(Settings(data=tmp_path, model=str(base), adapter=tmp_path / "none"))
