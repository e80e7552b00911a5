"""Every signal on a tiny real model: against its definition, and against what must not change it."""

import math
from dataclasses import replace

import pytest
import torch

from backend.errors import ModelError
from backend.evaluation.errors import as_document
from backend.evaluation.errors_data import Case
from backend.evaluation.signals import SignalPlan, SignalReader, _relation
from backend.evaluation.signals_attention import Places, lookback_doubt, observed_attention, rauq, read_observed
from backend.evaluation.signals_sampling import dropout_samples, random_deviations, spread_of
from backend.evaluation.signals_scorer import SignalScorer
from backend.language.prompts import encode_text
from backend.laplace.labels import target_logits
from backend.laplace.scores import draw_deviations, score_tokens
from backend.laplace.step import Step
from backend.pipeline import batch_of
from tests.evaluation.tiny_summarizer import LOG, tiny_summarizer
from tests.tiny import tiny_llama

SUMMARY = "Bore 3: 12.61 mm, NG."
DOCUMENT = as_document(Case("a", "d", LOG, "inspection_log", "en", SUMMARY))


@pytest.fixture(scope="module")
def reader():
    return SignalReader(tiny_summarizer(), SignalPlan(samples=6, dropout_samples=3))


@pytest.fixture(scope="module")
def signals(reader):
    return reader.read(DOCUMENT, encode_text(reader.summarizer.language.tokenizer, SUMMARY))


def test_every_signal_has_one_finite_number_a_token(signals):
    assert {"neg_log_p", "laplace_mutual_information", "rauq", "lookback", "claim_conditioned"} <= set(signals)
    assert {len(values) for values in signals.values()} == {len(SUMMARY)}
    assert all(math.isfinite(value) for values in signals.values() for value in values)


def test_the_laplace_signals_are_those_of_the_scores_that_people_see(reader, signals):
    one = reader.summarizer
    ids = encode_text(one.language.tokenizer, SUMMARY)
    batch = batch_of(one.read(DOCUMENT).prompt.ids, ids)
    drawn = draw_deviations(one.posterior, samples=6, seed=0)
    scores = score_tokens(one.language.model, batch, drawn)[0]
    for name, field in (
        ("laplace_mutual_information", "mutual_information_nats"),
        ("laplace_logit_variance", "logit_variance"),
    ):
        assert signals[name] == pytest.approx([getattr(score, field) for score in scores], rel=1e-2, abs=1e-5)
    assert signals["neg_log_p"] == pytest.approx([-math.log(score.map_probability) for score in scores], rel=1e-3)


def test_the_laplace_signals_are_taken_with_the_step_of_the_posterior(reader, signals):
    one = replace(reader.summarizer, step=Step(0.0))
    exactly = SignalReader(one, SignalPlan(samples=6, dropout_samples=0))
    assert exactly.fingerprint != SignalReader(reader.summarizer, SignalPlan(samples=6, dropout_samples=0)).fingerprint
    ids = encode_text(one.language.tokenizer, SUMMARY)
    found = exactly.read(DOCUMENT, ids)["laplace_logit_variance"]
    drawn = draw_deviations(one.posterior, samples=6, seed=0)
    scores = score_tokens(one.language.model, batch_of(one.read(DOCUMENT).prompt.ids, ids), drawn, step=one.step)[0]
    assert found == pytest.approx([score.logit_variance for score in scores], rel=1e-4)
    assert found != pytest.approx(signals["laplace_logit_variance"], rel=1e-4)


def test_watching_the_attention_changes_no_logit_and_its_rows_add_up(reader):
    one = reader.summarizer
    prompt = one.read(DOCUMENT).prompt
    batch = batch_of(prompt.ids, encode_text(one.language.tokenizer, SUMMARY))
    places = Places(0, len(prompt.ids), len(prompt.ids))
    model = one.language.model
    with torch.no_grad():
        plain = target_logits(model, batch)[0]
        with observed_attention(model.get_base_model(), places) as recorder:
            watched = target_logits(model, batch)[0]
    torch.testing.assert_close(plain, watched)
    observed = read_observed(recorder)
    assert observed.to_document.shape == (3, len(SUMMARY), 4)
    torch.testing.assert_close(observed.to_document + observed.to_summary, torch.ones_like(observed.to_document))
    assert model.get_base_model().config._attn_implementation != "tashika_observed"


def test_observed_attention_is_that_of_the_models_own_eager_attention():
    model = tiny_llama(vocabulary=23).float()
    ids = torch.arange(1, 12)[None]
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids[:, 6:]}
    with torch.no_grad(), observed_attention(model, Places(1, 4, 6)) as recorder:
        target_logits(model, batch)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        weights = torch.stack(model(ids, output_attentions=True).attentions)[:, 0]  # (L, H, T, T)
    observed = read_observed(recorder)
    torch.testing.assert_close(observed.to_document, weights[:, :, 5:10, 1:4].sum(dim=-1).transpose(1, 2))
    torch.testing.assert_close(observed.to_summary, weights[:, :, 5:10, 6:].sum(dim=-1).transpose(1, 2))
    previous = torch.stack([weights[:, :, i, i - 1] for i in range(6, 11)], dim=1)
    torch.testing.assert_close(observed.to_previous, previous)
    assert lookback_doubt(observed, Places(1, 4, 6))[0] == 0


def test_attention_of_another_kind_is_refused_and_left_as_it_is():
    model = tiny_llama(vocabulary=23)
    model.set_attn_implementation("eager")
    with pytest.raises(ModelError, match="LlamaForCausalLM .eager. cannot be watched"):
        with observed_attention(model, Places(1, 4, 6)):
            pass
    assert model.config._attn_implementation == "eager"


def test_rauq_hands_confidence_on_along_the_head_that_looks_back():
    class Looks:
        to_previous = torch.tensor([[[0.0, 0.1], [0.5, 0.1], [0.8, 0.1]]])  # one layer, three tokens, two heads

    p = torch.tensor([0.9, 0.5, 0.2])
    second = 0.2 * 0.5 + 0.8 * 0.5 * 0.9
    third = 0.2 * 0.2 + 0.8 * 0.8 * second
    assert rauq(Looks, p).tolist() == pytest.approx([-math.log(c) for c in (0.9, second, third)])


def test_samples_that_agree_have_no_mutual_information_and_others_have_it():
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    tokens = torch.tensor([0])
    same = spread_of([logits, logits], tokens)
    assert same.mutual_information_nats.item() == pytest.approx(0.0, abs=1e-6)
    assert same.surprisal_nats.item() == pytest.approx(-logits.log_softmax(-1)[0, 0].item())
    apart = spread_of([logits, -logits], tokens)
    assert apart.mutual_information_nats.item() > 0.2
    assert apart.logit_variance.item() == pytest.approx(4.0)


def test_random_deviations_have_the_asked_size(reader):
    drawn = random_deviations(reader.summarizer.language.model, count=40, sigma=0.5, seed=1)
    weights = torch.cat(
        [
            parameter.detach().flatten()
            for name, parameter in reader.summarizer.language.model.named_parameters()
            if "lora_" in name
        ]
    )
    sampled = torch.cat([value.flatten() for value in drawn.values()])
    assert float(sampled.std()) == pytest.approx(0.5 * float(weights.double().square().mean().sqrt()), rel=0.02)


def test_dropout_leaves_the_model_as_it_was(reader):
    one = reader.summarizer
    batch = batch_of(one.read(DOCUMENT).prompt.ids, encode_text(one.language.tokenizer, SUMMARY))
    with torch.no_grad():
        before = target_logits(one.language.model, batch)[0]
        first, second = dropout_samples(one.language.model, batch, count=2, share=0.3, seed=0)
        assert not torch.allclose(first, second)
        torch.testing.assert_close(target_logits(one.language.model, batch)[0], before)


def test_support_lost_is_larger_where_the_document_says_the_word(reader, signals):
    other = as_document(Case("b", "d", "", "inspection_log", "en", SUMMARY))
    ids = encode_text(reader.summarizer.language.tokenizer, SUMMARY)
    assert reader.read(other, ids)["support_lost"] == pytest.approx([0.0] * len(ids), abs=1e-4)
    assert any(abs(value) > 1e-3 for value in signals["support_lost"])


@pytest.mark.parametrize(
    ("said", "other", "relation"),
    [
        (" rejected", " reject", "same"), (" 12", " 13", "contrary"), (" OK", "ok", "same"), (" the", " a", "beside"),
        (" bore", " shaft", "contrary"), (" bore", ",", "beside"), (" 12", " bore", "beside"), ("", " x", "beside"),
    ],
)  # fmt: skip
def test_another_token_says_the_same_the_contrary_or_something_beside(said, other, relation):
    assert _relation(said, other) == relation


def test_the_same_text_has_the_same_signals_and_a_plan_its_own_fingerprint(reader, signals):
    again = SignalReader(reader.summarizer, SignalPlan(samples=6, dropout_samples=3))
    ids = encode_text(reader.summarizer.language.tokenizer, SUMMARY)
    assert again.read(DOCUMENT, ids) == signals
    assert again.fingerprint == reader.fingerprint
    assert SignalReader(reader.summarizer, SignalPlan(samples=8)).fingerprint != reader.fingerprint


def test_signals_of_another_decoding_are_not_taken_for_these(reader, monkeypatch):
    before = reader.fingerprint
    monkeypatch.setattr("backend.evaluation.signals.DECODING_VERSION", 99)
    assert reader.fingerprint != before


def test_a_weaker_prior_moves_the_logits_more_and_has_its_own_fingerprint(reader, signals):
    plan = SignalPlan(samples=6, dropout_samples=0, prior_precision=5.0)
    wide = SignalReader(reader.summarizer, plan)
    read = wide.read(DOCUMENT, encode_text(reader.summarizer.language.tokenizer, SUMMARY))
    assert sum(read["laplace_logit_variance"]) > 2 * sum(signals["laplace_logit_variance"])
    assert read["perturbation_mutual_information"] == signals["perturbation_mutual_information"]
    assert wide.fingerprint != SignalReader(reader.summarizer, SignalPlan(samples=6, dropout_samples=0)).fingerprint


def test_what_is_not_sampled_is_absent_with_its_reason(reader):
    assert "--ensemble" in reader.absent["ensemble_mutual_information"]
    bare = SignalReader(reader.summarizer, SignalPlan(samples=0, dropout_samples=0))
    read = bare.read(DOCUMENT, [40, 41])
    assert not any(name.startswith(("laplace", "dropout", "perturbation", "ensemble")) for name in read)
    assert len(bare.absent) == 4


def test_an_ensemble_of_adapters_disagrees_and_leaves_the_first_one_in_use(tmp_path):
    summarizer, other = tiny_summarizer(), tiny_summarizer()
    for name, parameter in other.language.model.named_parameters():
        if "lora_B" in name:
            parameter.data *= -1
    other.language.model.save_pretrained(tmp_path)
    reader = SignalReader(summarizer, SignalPlan(samples=2, dropout_samples=0), ensemble=[tmp_path])
    ids = encode_text(summarizer.language.tokenizer, SUMMARY)
    read = reader.read(DOCUMENT, ids)
    assert max(read["ensemble_mutual_information"]) > 1e-4
    alone = SignalReader(tiny_summarizer(), SignalPlan(samples=2, dropout_samples=0)).read(DOCUMENT, ids)
    assert read["laplace_mutual_information"] == pytest.approx(alone["laplace_mutual_information"], abs=1e-6)
    assert summarizer.language.model.active_adapters == ["default"]


def test_a_folder_without_an_adapter_is_no_member(tmp_path):
    with pytest.raises(ModelError, match="no adapter"):
        SignalReader(tiny_summarizer(), SignalPlan(samples=0, dropout_samples=0), ensemble=[tmp_path])


def test_a_given_text_keeps_its_spaces_and_an_own_summary_loses_them(reader):
    scorer = SignalScorer(reader)
    assert scorer.score(DOCUMENT, " OK. ").summary == " OK. "
    assert scorer.score(DOCUMENT, encode_text(reader.summarizer.language.tokenizer, " OK. ")).summary == "OK."
    assert scorer.score(DOCUMENT, "  ") is None
    (ids,) = scorer.write([DOCUMENT])
    assert 0 <= len(ids) <= 12
