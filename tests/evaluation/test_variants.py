"""Variants of Laplace's signals: on the tiny model against draws of their own, and on made-up signals."""

import numpy as np
import pytest
import torch

from app.commands import measuring_variants
from backend.evaluation.errors import as_document
from backend.evaluation.errors_data import Case
from backend.evaluation.signals import SignalPlan, SignalReader
from backend.evaluation.signals_cache import SignalRecord
from backend.evaluation.variants import CHOSEN, SINGLE_PASS, report_variants
from backend.evaluation.variants_reader import CHOICES, MANY, PARTS, SHIPPED, VariantReader, _only, part_of
from backend.language.prompts import encode_text
from backend.laplace.scores import draw_deviations
from tests.evaluation.test_errors import WORDS, made_up_pairs
from tests.evaluation.tiny_summarizer import LOG, tiny_summarizer

SUMMARY = "Bore 3: 12.61 mm, NG."
DOCUMENT = as_document(Case("a", "d", LOG, "inspection_log", "en", SUMMARY))


@pytest.fixture(scope="module")
def reader():
    return VariantReader(tiny_summarizer(), priors=[5.0, 5e3], samples=6)


@pytest.fixture(scope="module")
def found(reader):
    return reader.read(DOCUMENT, encode_text(reader.summarizer.language.tokenizer, SUMMARY))


def test_the_parts_of_the_shipped_posterior_add_up_to_its_own_signals(reader, found):
    """Up to the one-sided differences, whose curvature is large on so wide a posterior of so small a model."""
    whole = SignalReader(reader.summarizer, SignalPlan(samples=6, dropout_samples=0)).read(
        DOCUMENT, encode_text(reader.summarizer.language.tokenizer, SUMMARY)
    )
    for signal in ("mutual_information", "logit_variance", "log_p_deviation"):
        assert found[f"laplace_{SHIPPED}_{signal}"] == pytest.approx(whole[f"laplace_{signal}"], rel=8e-2, abs=1e-3)


def test_a_variants_matrices_are_all_that_it_draws(reader):
    drawn = draw_deviations(reader.summarizer.posterior, samples=6, seed=0)
    parts = {part: _only(drawn, part) for part in PARTS}
    for name, value in drawn.items():
        torch.testing.assert_close(sum(part[name] for part in parts.values()), value.float())
        assert sum(bool(part[name].any()) for part in parts.values()) == 1
    assert part_of("model.layers.3.self_attn.q_proj.lora_A", middle=2) == "attention_late"
    assert part_of("model.layers.1.mlp.up_proj.lora_B", middle=2) == "mlp_early"


def test_a_weaker_prior_makes_every_token_more_doubtful(found):
    variance = {name: np.array(found[f"laplace_{name}_logit_variance"]) for name in ("prior_5", SHIPPED, "prior_5000")}
    assert (variance["prior_5"] > variance[SHIPPED]).all()
    assert (variance[SHIPPED] > variance["prior_5000"]).all()


def test_many_samples_have_the_variance_of_the_parts_together(found):
    """Parts of different draws vary as the sum of the parts do, without what the draws have in common."""
    many = np.array(found[f"laplace_{MANY}_logit_variance"])
    halves = sum(np.array(found[f"laplace_{name}_logit_variance"]) for name in ("attention", "mlp"))
    assert np.median(np.abs(np.log(many / halves))) < 0.5


def test_every_variant_has_one_number_a_token(reader, found):
    assert set(reader.names) == {*CHOICES, MANY, "prior_5", "prior_5000"}
    for name in reader.names:
        assert len(found[f"laplace_{name}_mutual_information"]) == len(SUMMARY)


def made_up(count=30):
    """A variant that sees the errors, and one that is noise, beside the entropy of a single pass."""
    generator = np.random.default_rng(3)
    pairs = []
    for case, record in made_up_pairs(count, laplace=2.0):
        seen = record.signals["laplace_mutual_information"]
        signals = {
            "entropy": record.signals["entropy"],
            "laplace_good_mutual_information": seen,
            "laplace_noise_mutual_information": tuple(generator.normal(size=len(WORDS)).tolist()),
        }
        pairs.append((case, SignalRecord(record.summary, record.pieces, signals)))
    return pairs


def test_the_verdicts_choose_the_prior_that_explains_them():
    report = report_variants(made_up(90), ["good", "noise"], priors=["noise", "good"], seed=0, bootstrap_samples=40)
    rows = {row.name: row for row in report.rows}
    assert [*rows] == [SINGLE_PASS, "good", "noise", CHOSEN]
    assert rows["good"].added.low > 0 > rows["noise"].added.low
    assert rows["good"].log_loss < rows[SINGLE_PASS].log_loss
    assert rows[CHOSEN].combined.mid == pytest.approx(rows["good"].combined.mid)
    assert rows["good"].alone.mid > rows["noise"].alone.mid


def test_phrases_that_are_all_right_are_refused():
    pairs = [(Case(c.group, c.data, c.document, c.kind, c.language, c.summary, ()), r) for c, r in made_up(6)]
    with pytest.raises(ValueError, match="all right"):
        report_variants(pairs, ["good"], priors=[], seed=0, bootstrap_samples=20)


def test_the_report_is_plain_values_and_a_line_a_variant():
    report = report_variants(made_up(12), ["good"], priors=["good"], seed=0, bootstrap_samples=20)
    rows = report.to_json()["rows"]
    assert rows[1]["variant"] == "good"
    assert rows[1]["added"][0] <= rows[1]["added"][1] <= rows[1]["added"][2]
    assert len(measuring_variants.describe(report).splitlines()) == 1 + len(rows)
