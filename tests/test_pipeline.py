"""Language, Laplace and uncertainty joined, on a tiny real model; the default model has its own end-to-end test."""

from dataclasses import replace

import pytest

from backend.config import Settings
from backend.documents import read_text
from backend.errors import ModelError
from backend.language.loading import LanguageModel
from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.laplace.scores import score_tokens
from backend.laplace.step import Step
from backend.pipeline import Summarizer, adapter_folder, batch_of, load_summarizer, trim
from backend.uncertainty.summary import UNUSUAL
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


def test_a_corrected_summary_is_scored_without_reading_the_document_again(summarizer, monkeypatch):
    widths = []
    forward = summarizer.language.model.forward

    def spy(**inputs):
        widths.append(inputs["input_ids"].shape[1])
        return forward(**inputs)

    document = read_text(LOG)
    written = summarizer.summarize(document, samples=4)
    monkeypatch.setattr(summarizer.language.model, "forward", spy)
    scored = summarizer.score(document, summary="Lot on hold.", samples=4)
    assert widths == [len("Lot on hold.") - 1]
    monkeypatch.undo()
    summarizer.forget_prompts()
    assert summarizer.score(document, summary="Lot on hold.", samples=4).tokens == scored.tokens
    assert written.text


@pytest.mark.parametrize("samples", [0, 4])
def test_scores_after_the_kept_prompt_are_those_of_the_whole_sequence(summarizer, samples):
    prompt_ids, ids = list(range(40, 70)), list(range(80, 90))
    whole = score_tokens(summarizer.language.model, batch_of(prompt_ids, ids), summarizer.draw(samples))[0]
    kept = summarizer.score_ids(prompt_ids, ids, samples=samples)
    for one, other in zip(kept, whole, strict=True):
        assert one.probability == pytest.approx(other.probability, rel=1e-3)
        assert one.entropy_nats == pytest.approx(other.entropy_nats, rel=1e-3)
        assert one.logit_variance == pytest.approx(other.logit_variance, rel=1e-2)


def test_where_no_step_holds_scores_come_from_exact_tangents(summarizer):
    exact = replace(summarizer, step=Step(0.0, 0.0, "exact"))
    assert exact.summarize(read_text(LOG), samples=4).text == summarizer.summarize(read_text(LOG), samples=4).text
    scored, near = (one.score(read_text(LOG), summary="Lot on hold.", samples=4) for one in (exact, summarizer))
    for token, other in zip(scored.tokens, near.tokens, strict=True):
        assert token.entropy_nats == pytest.approx(other.entropy_nats, rel=0.02)


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


def test_a_document_of_another_kind_is_said_in_the_notes(summarizer):
    picky = replace(summarizer, is_unusual=lambda text: text == "Lot 7 OK.")
    assert picky.score(read_text("Lot 7 OK."), summary="x", samples=0).notes == (UNUSUAL,)
    assert picky.score(read_text(LOG), summary="x", samples=0).notes == ("document.truncated",)
