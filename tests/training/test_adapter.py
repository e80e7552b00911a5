import json
from dataclasses import replace

import pytest
import torch
from transformers import TrainerCallback

from backend.errors import DataError
from backend.training.adapter import TrainingPlan, add_adapter, copy_matrices, summary_loss, train_adapter
from backend.training.examples import Example, collate
from tests.tiny import tiny_llama

PLAN = TrainingPlan(
    name="tiny", rank=2, alpha=4, layers=(1, 2), learning_rate=0.05, epochs=4, batch_size=4, evaluate_every=4, seed=3
)


def examples(count, seed=0):
    """Summaries that repeat the document: a pattern that an adapter can learn."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(1, 20, (count, 6), generator=generator).tolist()
    return [Example(prompt_ids=(*row, 21), target_ids=(row[0], row[0], 0)) for row in rows]


def train(folder, plan=PLAN, callbacks=(), start_from=None):
    return train_adapter(
        tiny_llama(vocabulary=23, dtype=torch.float32), train=examples(24), validation=examples(8, seed=1),
        plan=plan, base_id="tiny", pad_id=0, output_dir=folder, start_from=start_from, callbacks=callbacks,
    )  # fmt: skip


def test_the_loss_is_the_cross_entropy_of_the_summary_tokens_alone():
    model = tiny_llama(vocabulary=23)
    pairs = examples(3) + [Example(prompt_ids=(4, 5), target_ids=(6, 0))]
    total, count = summary_loss(model, collate(pairs, pad_id=0))
    assert int(count) == 11
    expected = 0.0
    for pair in pairs:
        ids = torch.tensor([pair.prompt_ids + pair.target_ids])
        log_p = model(ids).logits[0].detach().log_softmax(dim=-1)
        start = len(pair.prompt_ids)
        expected -= sum(log_p[start + i - 1, token] for i, token in enumerate(pair.target_ids))
    assert float(total.detach()) == pytest.approx(float(expected), rel=1e-5)


def test_training_lowers_the_validation_loss_and_writes_an_adapter(tmp_path):
    record = train(tmp_path)
    losses = [entry["eval_loss"] for entry in record["history"]]
    assert record["validation_loss"] == min(losses) < losses[0]
    assert (tmp_path / "adapter_model.safetensors").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "training.json",
    ]
    config = json.loads((tmp_path / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == "tiny"
    assert json.loads((tmp_path / "training.json").read_text("utf-8"))["plan"]["layers"] == [1, 2]


def test_the_progress_goes_to_stderr_since_stdout_is_for_what_a_command_prints(tmp_path, capsys):
    train(tmp_path)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "eval_loss" in printed.err


def test_the_same_seed_gives_the_same_adapter(tmp_path):
    first, second = train(tmp_path / "a"), train(tmp_path / "b")
    assert first["history"][-1]["eval_loss"] == second["history"][-1]["eval_loss"]


class Interrupt(TrainerCallback):
    """Pulls the plug right after the first checkpoint."""

    def on_save(self, args, state, control, **kwargs):
        raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_from_its_checkpoint(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, callbacks=[Interrupt()])
    record = train(tmp_path)
    assert record["is_resumed"]
    assert record["history"][-1]["step"] == 24


def test_only_the_chosen_layers_get_matrices_and_start_as_the_base_model():
    base = tiny_llama(vocabulary=23, dtype=torch.float32)
    ids = torch.tensor([[1, 2, 3]])
    before = base(ids).logits
    model = add_adapter(base, PLAN)
    adapted = {name.split(".layers.")[1][0] for name, _ in model.named_parameters() if "lora_A" in name}
    assert adapted == {"1", "2"}
    assert torch.allclose(model(ids).logits, before)


def test_a_run_can_start_from_an_earlier_adapter_and_add_modules(tmp_path):
    train(tmp_path / "first")
    wider = replace(PLAN, target_modules=("q_proj", "v_proj", "down_proj"), layers=(1, 2, 3))
    record = train(
        tmp_path / "second", plan=replace(wider, epochs=1, learning_rate=1e-9), start_from=tmp_path / "first"
    )
    assert record["started_from"].startswith("first@")

    ids = torch.tensor([[1, 2, 3, 21]])
    logits = []
    for folder, plan in (("first", PLAN), ("second", wider)):
        model = add_adapter(tiny_llama(vocabulary=23, dtype=torch.float32), plan)
        copy_matrices(model, tmp_path / folder)
        logits.append(model(ids).logits.detach())
    assert torch.allclose(*logits, atol=1e-4)
    assert not torch.allclose(logits[0], tiny_llama(vocabulary=23, dtype=torch.float32)(ids).logits, atol=1e-2)


@pytest.mark.parametrize("change", [{"rank": 3}, {"layers": (2,)}, {"target_modules": ("q_proj",)}])
def test_an_adapter_of_another_shape_is_no_start(tmp_path, change):
    train(tmp_path / "first")
    with pytest.raises(DataError, match="first cannot be the start"):
        train(tmp_path / "second", plan=replace(PLAN, **change), start_from=tmp_path / "first")


def test_a_folder_without_an_adapter_is_no_start(tmp_path):
    with pytest.raises(DataError, match="cannot be the start"):
        train(tmp_path / "second", start_from=tmp_path)


def test_documents_with_ranked_candidates_train_beside_plain_ones(tmp_path):
    ranked = ranked_examples(8)
    record = train_adapter(
        tiny_llama(vocabulary=23, dtype=torch.float32), train=examples(8) + ranked, validation=ranked[:4],
        plan=replace(PLAN, epochs=6), base_id="tiny", pad_id=0, output_dir=tmp_path,
    )  # fmt: skip
    losses = [entry["eval_loss"] for entry in record["history"]]
    assert record["validation_loss"] < losses[0]


class Logs(TrainerCallback):
    """Keeps what the Trainer logs; its gradient norm is that before clipping."""

    def __init__(self):
        self.entries = []

    def on_log(self, args, state, control, logs, **kwargs):
        self.entries += [logs] if "grad_norm" in logs else []


def gradient_norm(folder, data, **change):
    """Gradient norm and loss of the tenth step, each step of four documents."""
    logs = Logs()
    train_adapter(
        tiny_llama(vocabulary=23, dtype=torch.float32), train=data, validation=data, base_id="tiny", pad_id=0,
        plan=replace(PLAN, epochs=10, evaluate_every=50, learning_rate=1e-3, **change), output_dir=folder,
        callbacks=[logs],
    )  # fmt: skip
    return float(logs.entries[0]["grad_norm"]), logs.entries[0]["loss"]


def ranked_examples(count):
    return [
        replace(example, candidates=(example.target_ids, (example.prompt_ids[1], 0)), rewards=(0.9, 0.1))
        for example in examples(count, seed=2)
    ]


PLAIN = [*examples(3), Example(prompt_ids=(4, 5), target_ids=(6, 7, 8, 9, 0))]


@pytest.mark.parametrize("data", [PLAIN, ranked_examples(4)], ids=["plain", "ranked"])
def test_a_step_does_not_depend_on_how_its_documents_are_split(tmp_path, data):
    whole = gradient_norm(tmp_path / "whole", data, batch_size=4)
    parts = gradient_norm(tmp_path / "parts", data, batch_size=1, accumulate=4)
    assert parts == pytest.approx(whole, rel=1e-3)


def test_ranked_and_plain_documents_may_be_in_different_parts_of_a_step(tmp_path):
    norm, loss = gradient_norm(tmp_path, [*examples(2), *ranked_examples(2)], batch_size=1, accumulate=4)
    assert 0 < norm < 1e3
    assert 0 < loss < 1e3
