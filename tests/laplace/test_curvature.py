import pytest
import torch

from backend.laplace.curvature import IGNORED, accumulate, batch_sums, draw_labels, target_logits
from backend.laplace.lora import find_pairs, named_matrices
from tests.tiny import tiny_batch, tiny_opt, tiny_peft

PADDING = (0, 3, 2)


def row_of(batch, row):
    """One sequence of a padded batch on its own, without its padding."""
    start = int((batch["attention_mask"][row] == 0).sum())
    length = batch["input_ids"].shape[1] - start
    cut = {name: value[row : row + 1, start:] for name, value in batch.items() if name != "labels"}
    return {**cut, "labels": batch["labels"][row : row + 1, -length:]}


def close(left, right):
    for name in left.gradients:
        assert torch.allclose(left.gradients[name], right.gradients[name], rtol=1e-5, atol=1e-12), name
        assert left.traces[name] == pytest.approx(right.traces[name], rel=1e-5)
        assert torch.allclose(left.diagonals[name], right.diagonals[name], rtol=1e-5, atol=1e-12), name
    for name in left.inputs:
        assert torch.allclose(left.inputs[name], right.inputs[name], rtol=1e-5, atol=1e-12), name
    assert (left.positions, left.targets, left.sequences) == (right.positions, right.targets, right.sequences)


def test_factors_do_not_depend_on_batch_size_padding_or_order():
    model, batch = tiny_peft(), tiny_batch(padding=PADDING)
    together = batch_sums(model, batch)
    one_by_one = accumulate(model, [row_of(batch, row) for row in (2, 0, 1)])
    close(together, one_by_one)


def right_padded(batch):
    """The same sequences with their padding behind them and labels over the full width."""
    length = batch["input_ids"].shape[1]
    labels = torch.full_like(batch["input_ids"], IGNORED)
    labels[:, length - batch["labels"].shape[1] :] = batch["labels"]
    full, shifts = {**batch, "labels": labels}, (batch["attention_mask"] == 0).sum(dim=1).tolist()
    del full["position_ids"]
    return {
        name: torch.stack([row.roll(-shift) for row, shift in zip(value, shifts, strict=True)])
        for name, value in full.items()
    }


@pytest.mark.parametrize("make", [tiny_peft, tiny_opt], ids=["Llama", "OPT"])
def test_factors_do_not_depend_on_the_padding_side(make):
    vocabulary = 23 if make is tiny_peft else 5
    model, batch = make(), tiny_batch(padding=PADDING, vocabulary=vocabulary)
    close(batch_sums(model, batch), batch_sums(model, right_padded(batch)))


@pytest.mark.parametrize("make", [tiny_peft, tiny_opt], ids=["Llama", "OPT"])
def test_positions_are_derived_where_a_left_padded_batch_has_none(make):
    vocabulary = 23 if make is tiny_peft else 5
    model, batch = make(), tiny_batch(padding=PADDING, vocabulary=vocabulary)
    bare = {name: value for name, value in batch.items() if name != "position_ids"}
    close(batch_sums(model, batch), batch_sums(model, bare))


def test_partial_sums_merge_exactly():
    model, batch = tiny_peft(), tiny_batch(padding=PADDING)
    first, rest = batch_sums(model, row_of(batch, 0)), accumulate(model, [row_of(batch, 1), row_of(batch, 2)])
    first.merge(rest)
    close(first, batch_sums(model, batch))


def test_sums_of_different_models_do_not_merge():
    first = batch_sums(tiny_peft(), tiny_batch())
    with pytest.raises(ValueError, match="different models"):
        first.merge(batch_sums(tiny_peft(layers=(0,)), tiny_batch()))


def test_factors_equal_a_naive_loop_over_sequences():
    """Σ aaᵀ, Σ ggᵀ and ‖Σ g aᵀ‖² from per-sequence autograd of the same drawn labels."""
    model, batch = tiny_peft(), tiny_batch(padding=PADDING)
    sums = batch_sums(model, batch)
    pair = find_pairs(model)[1]
    expected_trace, expected_input = 0.0, torch.zeros(16, 16, dtype=torch.float64)
    for row in range(3):
        single, seen = row_of(batch, row), []
        handle = pair.matrix_a.register_forward_hook(lambda module, args, out, seen=seen: seen.append(args[0][0]))
        logits, labels = target_logits(model, single)
        handle.remove()
        drawn = draw_labels(logits.detach(), labels, single, seed=0)
        loss = torch.nn.functional.cross_entropy(logits[0], drawn[0], ignore_index=IGNORED, reduction="sum")
        gradient = torch.autograd.grad(loss, pair.matrix_a.weight)[0]
        expected_trace += float(gradient.square().sum())
        expected_input += seen[0].detach().T @ seen[0].detach()
    name = pair.name + ".A"
    assert sums.traces[name] == pytest.approx(expected_trace, rel=1e-5)
    assert torch.allclose(sums.inputs[sums.input_group[name]], expected_input, rtol=1e-6)


def exact_trace(model, batch, matrix):
    """Tr of the true Fisher by its definition: Σ_targets Σ_y p(y)·‖∂ log p(y)/∂W‖²."""
    logits, labels = target_logits(model, batch)
    log_p = logits.log_softmax(dim=-1)
    total = 0.0
    for row, position in (labels != IGNORED).nonzero().tolist():
        for token in range(log_p.shape[-1]):
            score = torch.autograd.grad(log_p[row, position, token], matrix, retain_graph=True)[0]
            total += float(log_p[row, position, token].detach().exp() * score.square().sum())
    return total


@pytest.mark.parametrize("length", [4, 8, 16, 32])
def test_the_trace_is_the_exact_fishers_at_every_sequence_length(length):
    """The common code is off by about 0.7·T; here only the noise of the drawn labels is left."""
    model = tiny_peft(vocabulary=7)
    batch = tiny_batch(rows=2, length=length, targets=length - 1, vocabulary=7)
    draws = [batch_sums(model, batch, seed=seed) for seed in range(60)]
    for name, matrix in named_matrices(find_pairs(model)).items():
        exact = exact_trace(model, batch, matrix.weight)
        sampled = torch.tensor([sums.traces[name] for sums in draws])
        standard_error = float(sampled.std()) / len(draws) ** 0.5
        assert abs(float(sampled.mean()) - exact) < 4 * standard_error + 1e-9, name


def test_matrices_that_read_the_same_input_share_its_factor():
    sums = batch_sums(tiny_peft(modules=("q_proj", "v_proj", "o_proj")), tiny_batch())
    groups = {name.split("layers.")[1]: group.split("layers.")[1] for name, group in sums.input_group.items()}
    assert groups["1.self_attn.v_proj.A"] == groups["1.self_attn.q_proj.A"]
    assert groups["1.self_attn.o_proj.A"] == "1.self_attn.o_proj.A"
    assert groups["2.self_attn.q_proj.A"] != groups["1.self_attn.q_proj.A"]


def test_labels_without_loss_are_left_out():
    model, batch = tiny_peft(), tiny_batch(rows=1)
    batch["labels"][0, :2] = IGNORED
    assert batch_sums(model, batch).targets == 2


def test_full_width_labels_mean_the_same_as_the_last_ones():
    model, batch = tiny_peft(), tiny_batch(rows=1, length=9, targets=4)
    full = torch.full_like(batch["input_ids"], IGNORED)
    full[:, -4:] = batch["labels"]
    close(batch_sums(model, batch), batch_sums(model, {**batch, "labels": full}))


def test_the_empirical_fisher_uses_the_given_labels():
    model, batch = tiny_peft(), tiny_batch(rows=1)
    empirical = [batch_sums(model, batch, fisher="empirical", seed=seed).traces for seed in (0, 1)]
    assert empirical[0] == empirical[1]
    assert empirical[0] != batch_sums(model, batch).traces


def test_training_mode_is_refused():
    with pytest.raises(ValueError, match="evaluation mode"):
        batch_sums(tiny_peft().train(), tiny_batch())


def test_a_label_that_nothing_predicts_is_refused():
    with pytest.raises(ValueError, match="right after padding"):
        batch_sums(tiny_peft(), tiny_batch(length=6, targets=4, padding=(0, 2, 1)))


def test_frozen_matrices_are_refused():
    with pytest.raises(ValueError, match="must require gradients"):
        batch_sums(tiny_peft().requires_grad_(False), tiny_batch())


def test_fitting_leaves_no_gradient_behind():
    model = tiny_peft()
    batch_sums(model, tiny_batch())
    assert all(parameter.grad is None for parameter in model.parameters())
