"""Every part of the bench runs on a tiny real model and gives the figures that it promises."""

import json
import warnings

import pytest

from backend.errors import DataError
from backend.evaluation.bench_laplace import PARTS, BenchPlan, run_parts
from backend.evaluation.bench_summarize import bench_summarize
from backend.language.loading import LanguageModel
from backend.laplace.curvature import batch_sums
from backend.laplace.lora import find_pairs
from backend.laplace.posterior import build
from backend.laplace.storage import pack, save
from backend.pipeline import POSTERIOR_FOLDER, Summarizer, batch_of
from tests.tiny import tiny_peft, tiny_tokenizer

KEYS = {
    "memory": ["peak_memory_mb"],
    "tangents": ["forwards_per_sample", "cached_prefix_ratio"],
    "summarize": ["summarize_ratio"],
    "fit": ["fit_epochs"],
    "shares": ["fit_share_change"],
    "posterior": ["posterior_mb", "posterior_variance_change"],
    "laplace-torch": ["laplace_torch_ratio"],
    "adaptive": ["mean_adaptive_samples", "changed_decisions"],
    "resampling": ["resampling_difference", "resampling_cost"],
    "growth": ["growth"],
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    language = LanguageModel(
        tiny_peft(vocabulary=258, modules=("q_proj", "v_proj", "up_proj", "down_proj")), tiny_tokenizer(), "tiny", "a@1"
    )
    ids = list(range(5, 65))
    sums = batch_sums(language.model, batch_of(ids[:30], ids[30:]))
    posterior = build(sums, prior_precision=50.0)
    save(pack(posterior), folder / POSTERIOR_FOLDER, record={"adapter": "a@1", "target_tokens": sums.targets})
    summarizer = Summarizer(language, posterior, "p@1", max_document_tokens=60, max_summary_tokens=12)
    plan = BenchPlan(
        repeats=1, sequence_tokens=40, scored_tokens=10, document_tokens=20, summary_tokens=8, fit_batch=2,
        fit_tokens=24, fit_targets=8, check_tokens=24, share_texts=8, rival_tokens=12, rival_classes=3,
        documents=2, most_samples=16,
        growth_samples=(2, 8), growth_lengths=(16, 32), growth_batches=(1, 2), growth_ranks=(2, 5),
        growth_vocabularies=(50, 100),
        folder=folder,
    )  # fmt: skip
    return summarizer, plan


@pytest.mark.parametrize("part", PARTS)
def test_a_part_gives_its_figures_as_plain_values(bench, part):
    with warnings.catch_warnings():
        if part == "laplace-torch":
            warnings.simplefilter("ignore")  # of that package and of what it imports
        figures = json.loads(json.dumps(run_parts(*bench, parts=[part]), allow_nan=False))
    assert figures["machine"]["cores"] >= 1
    assert figures["seed"] == 0
    for key in KEYS[part]:
        value = figures[key]
        assert key == "growth" or (value is None and "reason" in json.dumps(figures)) or value >= 0


def test_figures_stand_beside_their_error(bench):
    figures = run_parts(*bench, parts=["tangents"])["tangents"]
    assert 0 < figures["tangent_error"] < 0.1
    assert figures["cached_tangent_error"] == pytest.approx(figures["tangent_error"], rel=0.2)
    assert figures["deviations"] == 4


def test_tables_show_how_cost_grows_and_leave_the_adapter_as_it_was(bench):
    summarizer, plan = bench
    tables = run_parts(summarizer, plan, parts=["growth"])["growth"]
    assert [row["samples"] for row in tables["samples"]] == [2, 8]
    assert [row["tokens"] for row in tables["length"]] == [16, 32]
    assert [row["rank"] for row in tables["rank"]] == [2, 5]
    assert all(row["seconds"] > 0 for rows in tables.values() for row in rows)
    assert list(summarizer.language.model.peft_config) == ["default"]
    assert find_pairs(summarizer.language.model)[0].matrix_a.weight.shape[0] == 3


def test_an_unknown_part_is_one_sentence(bench):
    with pytest.raises(DataError, match="no part speed.*growth"):
        run_parts(*bench, parts=["speed"])


def test_a_summary_is_timed_in_its_parts(bench):
    summarizer, _ = bench
    figures = bench_summarize(summarizer, samples=4, tokens=6, repeats=1, document_tokens=20)
    assert set(figures["seconds"]) == {"prefill", "decode", "score", "stock"}
    assert all(value > 0 for value in figures["seconds"].values())
    assert figures["ratio"] > 0
