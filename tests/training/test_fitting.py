import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.components.prior_chart import prior_figure
from backend.errors import ModelError
from backend.language.loading import LanguageModel
from backend.laplace.storage import load
from backend.training import fitting
from backend.training.adapter import summary_loss
from backend.training.examples import Example, collate
from backend.training.fitting import (
    LEAST_BYTES,
    FitPlan,
    choose_examples,
    default_bytes,
    fingerprint,
    fit_posterior,
    require_gradients,
)
from tests.tiny import tiny_peft, tiny_tokenizer

ROOT = Path(__file__).parents[2]


def examples(count, seed):
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(1, 23, (count, 9), generator=generator).tolist()
    return [Example(prompt_ids=tuple(row[:5]), target_ids=tuple(row[5:])) for row in rows]


@pytest.fixture(scope="module")
def overtrained():
    """An adapter that knows ten random rows by heart, and is as sure of its guesses on any other."""
    model = tiny_peft(modules=("v_proj", "up_proj", "down_proj"), layers=None)
    language = LanguageModel(model, tiny_tokenizer(), "tiny", "a@1")
    require_gradients(language)
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=0.1)
    batch = collate(examples(10, seed=0), pad_id=0)
    for _ in range(400):
        optimizer.zero_grad()
        total, count = summary_loss(model, batch)
        (total / count).backward()
        optimizer.step()
    return language


PLAN = FitPlan(name="tiny", rank=8, batch_size=3, samples=8)


def fit(language, folder, plan=PLAN, **options):
    return fit_posterior(
        language, train=examples(10, seed=0), validation=examples(4, seed=1), plan=plan, output_dir=folder, **options
    )


@pytest.fixture(scope="module")
def fitted(overtrained, tmp_path_factory):
    """Folder, report and what was told of the batches."""
    folder, batches = tmp_path_factory.mktemp("posterior"), []
    report = fit(overtrained, folder, on_batch=lambda done, total: batches.append((done, total)))
    return folder, report, batches


def test_a_posterior_better_than_map_is_written_with_its_record(fitted):
    folder, report, batches = fitted
    posterior, record = load(folder, adapter="a@1")
    assert batches == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert record["map_nll_nats"] > min(point["nll_nats"] for point in record["curve"])
    assert posterior.prior_precision == report.choice.best.prior_precision
    assert record["documents"] == 10
    assert record["target_tokens"] == 40
    assert report.choice.map_tempered.temperature > 1.0
    assert report.choice.map_tempered.nll_nats < report.choice.map.nll_nats
    assert record["temperature"] == report.choice.best.temperature


def test_a_posteriors_name_is_that_of_its_numbers(overtrained, fitted, tmp_path):
    _, report, _ = fitted
    names = [report.record["name"]]
    for number, plan in enumerate((PLAN, replace(PLAN, seed=1), replace(PLAN, rank=2), replace(PLAN, most_points=3))):
        names.append(fit(overtrained, tmp_path / str(number), plan).record["name"])
    assert names[0] == names[1]
    assert names[0].startswith("tiny@")
    assert len(set(names[:4])) == 3  # other labels were drawn, or less was kept


def test_the_curve_is_kept_with_the_evidence_and_drawn(fitted):
    folder, report, _ = fitted
    record = report.record
    assert json.loads((folder / "posterior.json").read_text("utf-8"))["curve"] == record["curve"]
    for point in record["curve"]:
        assert point["nll_nats"] <= point["plain_nll_nats"]
    root = record["evidence_prior_precision"]
    for side in (lambda prior: prior <= root, lambda prior: prior > root):
        points = [point for point in record["curve"] if side(point["prior_precision"])]
        nearest_first = sorted(points, key=lambda point: abs(math.log(point["prior_precision"] / root)))
        evidences = [point["evidence_nats"] for point in nearest_first]
        assert evidences == sorted(evidences, reverse=True)
    names = [trace.name.partition(",")[0] for trace in prior_figure(record).data]
    assert names == ["posterior and temperature", "posterior", "MAP", "MAP", "evidence (right)"]


def test_a_record_without_evidence_is_still_drawn():
    record = json.loads((ROOT / "backend/assets/default/posterior/posterior.json").read_text("utf-8"))
    assert len(prior_figure(record).data) >= 3


def test_a_posterior_worse_than_map_is_not_written(tmp_path):
    """An untrained model: its errors have nothing to do with the adapter, so that any spread only adds noise."""
    language = LanguageModel(tiny_peft(), tiny_tokenizer(), "tiny", "a@1")
    with pytest.raises(ModelError, match="No posterior was published"):
        fit(language, tmp_path, plan=replace(PLAN, temperatures=(1.0,)))
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_names_content_whatever_the_order():
    rows = examples(5, seed=0)
    assert fingerprint(rows) == fingerprint(rows[::-1])
    assert fingerprint(rows) != fingerprint(rows[:4])


@pytest.mark.parametrize(("count", "taken"), [(None, 100), (0, 400), (30, 30), (500, 400)])
def test_factors_are_summed_over_a_quarter_of_many_pairs_unless_told_otherwise(count, taken):
    every = examples(400, seed=3)
    chosen = choose_examples(every, count=count, seed=1)
    assert len(chosen) == taken
    assert (
        len({(one.prompt_ids, one.target_ids) for one in chosen} - {(e.prompt_ids, e.target_ids) for e in every}) == 0
    )
    assert choose_examples(every, count=count, seed=1) == chosen


@pytest.mark.parametrize(("pairs", "taken"), [(10, 10), (64, 64), (200, 64), (258, 65)])
def test_few_pairs_are_not_made_fewer(pairs, taken):
    assert len(choose_examples(examples(pairs, seed=3), count=None, seed=1)) == taken


def test_the_posterior_of_a_larger_adapter_may_be_larger(overtrained, monkeypatch):
    assert default_bytes(overtrained.model) == LEAST_BYTES
    monkeypatch.setattr(fitting, "LEAST_BYTES", 0)
    weights = sum(weight.numel() for name, weight in overtrained.model.named_parameters() if "lora_" in name)
    assert default_bytes(overtrained.model) == round(4 * weights * 1.47)


def test_a_posterior_is_cut_to_the_asked_size(overtrained, tmp_path):
    fit(overtrained, tmp_path / "whole")
    fit(overtrained, tmp_path / "cut", replace(PLAN, most_bytes=3_000))
    sizes = [(tmp_path / name / "posterior.safetensors").stat().st_size for name in ("whole", "cut")]
    assert sizes[1] < sizes[0]
