"""The whole table on a tiny model: questions whose answer stands in them, a set to shift to, and a second run."""

import json
from functools import partial

import pytest
import torch

from app.commands import measuring_choices
from backend.config import Settings
from backend.errors import DataError
from backend.evaluation.choices import Bench, ChoicesPlan, run_choices
from backend.evaluation.choices_data import EncodedQuestion, question_batches
from backend.evaluation.choices_methods import METHODS
from backend.evaluation.choices_outputs import dropout_in, dropout_logits, laplace_outputs, map_logits, sum_fisher
from backend.laplace.posterior import build
from backend.training.adapter import TrainingPlan
from tests.tiny import tiny_llama, tiny_peft, tiny_tokenizer

PLAN = ChoicesPlan(
    training=TrainingPlan(rank=2, alpha=4, layers=(1, 2), dropout=0.1, learning_rate=0.02, epochs=3, batch_size=4),
    seeds=2, ensemble=2, checkpoints=2, dropout_passes=2, samples=200, fisher="exact", bootstrap_samples=50,
)  # fmt: skip

OPTIONS = "\n\nAnswer1: wet Answer2: dry\n\nAnswer format: answer1/answer2"


def questions(count, seed, *, answers=3):
    """The last token before the mark names the answer's token."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for number in range(count):
        ids = torch.randint(8, 20, (4 + number % 3,), generator=generator).tolist()
        right = int(torch.randint(0, answers, (1,), generator=generator))
        found.append(EncodedQuestion(f"{seed}-{number}", (*ids, right + 2, 21), tuple(range(2, 2 + answers)), right))
    return found


def bench(folder, **changes):
    base = {
        "name": "made",
        "train": questions(16, 0),
        "validation": questions(6, 1),
        "tests": {"made": questions(7, 2), "other": questions(4, 3, answers=2) + questions(3, 4)},
        "load_base": lambda dtype: tiny_llama(vocabulary=23, dtype=torch.float32),
        "base_id": "tiny",
        "pad_id": 0,
        "folder": folder,
    }
    return Bench(**{**base, **changes})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choices")
    return folder, run_choices(bench(folder), PLAN)


def test_there_is_a_row_for_every_set_method_and_seed_and_one_of_their_mean(run):
    keys = [(row.test, row.seed, row.method) for row in run[1]]
    assert keys == [(test, seed, method) for test in ("made", "other") for seed in (0, 1, None) for method in METHODS]
    for row in run[1]:
        assert 0 <= row.figures.acc.mid <= 1
        assert row.figures.nll.mid > 0
    json.dumps([row.to_json() for row in run[1]], allow_nan=False)


def test_the_json_row_has_the_named_columns(run):
    row = run[1][-1].to_json()
    assert {"train", "test", "method", "seed", "acc", "ece", "nll", "acc_interval", "nll_minus_map"} <= set(row)
    assert row["acc_interval"][0] <= row["acc"] <= row["acc_interval"][1]


def test_a_mean_is_that_of_the_seeds(run):
    rows = [row for row in run[1] if (row.test, row.method) == ("made", "ours")]
    assert rows[2].figures.nll.mid == pytest.approx((rows[0].figures.nll.mid + rows[1].figures.nll.mid) / 2)
    assert set(rows[0].chosen) == {"prior_precision", "temperature"}


def test_a_second_run_computes_nothing_and_finds_the_same(run):
    folder, rows = run
    told = []
    again = run_choices(bench(folder, on_progress=lambda *step: told.append(step)), PLAN)
    assert told == []
    assert [row.to_json() for row in again] == [row.to_json() for row in rows]


def test_a_table_is_printed_with_means_alone(run):
    text = measuring_choices.describe(run[1])
    assert text.count("made > made (7 questions)") == text.count("made > other (7 questions)") == 1
    assert len(text.splitlines()) == 2 * (1 + len(METHODS)) + 3
    assert text.endswith(measuring_choices.ECE_NOTE)


def test_covariances_are_those_of_single_questions_and_absent_answers_have_none():
    model = tiny_peft()
    options = {"size": 4, "pad_id": 0, "on_questions": lambda done, total: None}
    mixed = questions(3, 5) + questions(2, 6, answers=2)
    sums = sum_fisher(model, mixed, fisher="exact", seed=0, **options)
    assert sums.sequences == 5
    posteriors = {"kron": (build(sums, prior_precision=1.0), (1.0, 30.0))}
    together = laplace_outputs(model, mixed, posteriors, **options)
    assert torch.allclose(together["logits"], map_logits(model, mixed, **options), atol=1e-5)
    for index, question in enumerate(mixed):
        alone = laplace_outputs(model, [question], posteriors, **options)
        count = len(question.class_ids)
        assert torch.allclose(together["kron"][:, index, :count, :count], alone["kron"][:, 0], rtol=1e-4)
        assert not together["kron"][:, index, count:].any()


def test_dropout_acts_in_its_passes_alone():
    model = tiny_peft(lora_dropout=0.5)
    options = {"size": 4, "pad_id": 0, "on_questions": lambda done, total: None}
    some = questions(3, 5)
    before = map_logits(model, some, **options)
    passes = dropout_logits(model, some, passes=2, seed=0, **options)
    assert not torch.allclose(passes[0], passes[1], atol=1e-3)
    with dropout_in(model):
        assert model.base_model.model.model.layers[1].mlp.training is False
    assert torch.equal(map_logits(model, some, **options), before)


def test_batches_of_questions_serve_the_fisher_whatever_their_grouping():
    model = tiny_peft()
    sums = partial(sum_fisher, model, fisher="exact", seed=0, pad_id=0, on_questions=lambda done, total: None)
    some = questions(4, 7)
    assert len(list(question_batches(some, size=3, pad_id=0))) == 2
    together, apart = sums(some, size=4), sums(some[::-1], size=1)
    for name, factor in together.gradients.items():
        assert torch.allclose(factor, apart.gradients[name], rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("by_words", [False, True])
def test_the_command_reads_sets_trains_and_tests(tmp_path, by_words):
    base = tmp_path / "base"
    tiny_llama(dtype=torch.float32).save_pretrained(base)
    tiny_tokenizer().save_pretrained(base)
    files = []
    for name, count in (("train", 30), ("test", 3)):
        rows = [{"question": f"{name} {i}?{OPTIONS}", "answer": f"answer{i % 2 + 1}"} for i in range(count)]
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("\n".join(map(json.dumps, rows)), "utf-8")
    report = measuring_choices.evaluate(
        Settings(data=tmp_path / "data", model=str(base)), train=[f"ab={files[0]}"], data=[f"ab={files[1]}"],
        sizes=measuring_choices.Sizes(4, 3, 2),
        training=measuring_choices.TrainingOptions(epochs=1, learning_rate=1e-3, rank=2, layers=""),
        seeds=1, dropout_passes=1, fisher="true", bootstrap_samples=20, folder=None, by_words=by_words,
    )  # fmt: skip
    found = measuring_choices.report_json(report)
    assert len(found["rows"]) == 2 * len(METHODS)
    assert found["made_with"]["questions"]["ab"]["train"] == 4
    assert found["made_with"]["by_words"] == by_words
    assert found["made_with"]["plan"]["training"]["layers"] == (1, 2)
    assert (tmp_path / "data" / "choices").is_dir()


@pytest.mark.parametrize("text", ["arc", "=f.jsonl", "a/b=f.jsonl", "arc="])
def test_a_set_needs_a_name_and_a_file(text):
    with pytest.raises(DataError, match="write NAME=FILE"):
        measuring_choices.parse_set(text)
