import pytest
import torch

from backend.errors import ModelError
from backend.laplace.curvature import batch_sums, target_logits
from backend.laplace.lora import find_pairs, named_matrices
from backend.laplace.posterior import build
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.laplace.dense import jacobian, slices
from tests.tiny import tiny_batch, tiny_opt, tiny_peft

CASES = {
    "batch of one": {"rows": 1},
    "batch of three with padding": {"rows": 3, "padding": (0, 3, 2)},
}
MODELS = {
    "query and value of the upper layers": {},
    "all linear layers of all layers": {
        "layers": None,
        "modules": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    },
    "rank-stabilized scaling": {"use_rslora": True},
}


def setting(model_options, batch_options, count=3):
    model, batch = tiny_peft(**model_options), tiny_batch(**batch_options)
    posterior = build(batch_sums(model, batch), prior_precision=2.0)
    return model, batch, posterior.sample(count, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("batch_options", CASES.values(), ids=CASES)
@pytest.mark.parametrize("model_options", MODELS.values(), ids=MODELS)
def test_exact_tangents_are_the_jacobian_times_the_deviation(model_options, batch_options):
    model, batch, deviations = setting(model_options, batch_options, count=1)
    logits, tangents = exact_tangents(model, batch, deviations)
    weights = {name: matrix.weight for name, matrix in named_matrices(find_pairs(model)).items()}
    reference, _ = target_logits(model, batch)
    assert torch.allclose(logits, reference, atol=1e-6)
    expected = torch.zeros_like(reference)
    for index in torch.cartesian_prod(torch.arange(reference.shape[0]), torch.arange(4), torch.arange(0, 23, 5)):
        row, position, token = index.tolist()
        gradients = torch.autograd.grad(reference[row, position, token], list(weights.values()), retain_graph=True)
        moved = zip(gradients, weights, strict=True)
        expected[row, position, token] = sum((gradient * deviations[name][0]).sum() for gradient, name in moved)
    checked = expected != 0
    assert checked.any()
    assert torch.allclose(tangents[0][checked], expected[checked], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch_options", CASES.values(), ids=CASES)
@pytest.mark.parametrize("model_options", MODELS.values(), ids=MODELS)
def test_stacked_differences_approach_the_exact_tangents_in_first_order(model_options, batch_options):
    model, batch, deviations = setting(model_options, batch_options)
    _, exact = exact_tangents(model, batch, deviations)
    errors = [
        float((stacked_tangents(model, batch, deviations, epsilon=step)[1] - exact).norm() / exact.norm())
        for step in (1e-3, 1e-4)
    ]
    assert errors[0] < 0.05
    assert errors[1] < 0.3 * errors[0]


def test_how_many_rows_go_at_once_changes_nothing():
    model, batch, deviations = setting({}, {"rows": 3, "padding": (1, 0, 0)}, count=5)
    wide = stacked_tangents(model, batch, deviations, rows_at_once=5)
    narrow = stacked_tangents(model, batch, deviations, rows_at_once=2)
    assert torch.allclose(wide[0], narrow[0], atol=1e-6)
    assert torch.allclose(wide[1], narrow[1], atol=1e-4)


def test_padding_does_not_change_a_rows_tangents():
    model, batch, deviations = setting({}, {"rows": 3, "padding": (0, 3, 2)})
    _, together = exact_tangents(model, batch, deviations)
    alone = {name: value[1:2, 3:] if name != "labels" else value[1:2] for name, value in batch.items()}
    assert torch.allclose(exact_tangents(model, alone, deviations)[1][:, 0], together[:, 1], atol=1e-6)


def test_the_model_is_left_as_it_was():
    model, batch, deviations = setting({}, {"rows": 1})
    before, _ = target_logits(model, batch)
    attention = model.config._attn_implementation
    exact_tangents(model, batch, deviations)
    stacked_tangents(model, batch, deviations)
    after, _ = target_logits(model, batch)
    assert torch.equal(before, after)
    assert model.config._attn_implementation == attention
    assert after.requires_grad


def test_deviations_of_another_adapter_are_refused():
    model, batch, _ = setting({}, {"rows": 1})
    _, _, foreign = setting({"layers": (0,)}, {"rows": 1})
    with pytest.raises(ValueError, match="another adapter"):
        exact_tangents(model, batch, foreign)
    with pytest.raises(ValueError, match="another adapter"):
        stacked_tangents(model, batch, foreign)


class Opaque(torch.autograd.Function):
    """An operation with a backward rule only, as fused kernels have."""

    @staticmethod
    def forward(ctx, x):
        return x * 1.0

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class OpaqueActivation(torch.nn.Module):
    def forward(self, x):
        return Opaque.apply(x)


def test_an_operation_without_forward_mode_is_one_clear_error():
    model, batch, deviations = setting({}, {"rows": 1})
    model.get_base_model().model.layers[1].mlp.act_fn = OpaqueActivation()
    with pytest.raises(ModelError, match="no exact tangents.*stacked route"):
        exact_tangents(model, batch, deviations)
    assert stacked_tangents(model, batch, deviations)[1].isfinite().all()


@pytest.mark.parametrize("batch_options", CASES.values(), ids=CASES)
def test_in_float64_exact_tangents_are_the_jacobians_to_rounding(batch_options):
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, length=6, targets=2, **batch_options)
    deviations = build(batch_sums(model, batch), prior_precision=2.0).sample(
        2, generator=torch.Generator().manual_seed(0)
    )
    logits, rows = jacobian(model, batch)
    flat = torch.cat([deviations[name].flatten(1) for name in slices(model)], dim=1)
    found_logits, found = exact_tangents(model, batch, deviations)
    assert torch.allclose(found_logits.flatten(0, 1), logits, rtol=1e-12, atol=1e-13)
    assert torch.allclose(found.flatten(1, 2), torch.einsum("ncp,kp->knc", rows, flat), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_deviations_of_another_rank_are_refused_and_leave_the_model_as_it_was(rank):
    model, batch, deviations = setting({}, {})
    other = {
        name: value.new_ones(3, rank, value.shape[2])
        if name.endswith(".A")
        else value.new_ones(3, value.shape[1], rank)
        for name, value in deviations.items()
    }
    before = model(batch["input_ids"]).logits
    for route in (exact_tangents, stacked_tangents):
        with pytest.raises(ValueError, match=rf"q_proj\.A have shape \({rank}, 16\), its weight \(3, 16\)"):
            route(model, batch, other)
    assert torch.equal(model(batch["input_ids"]).logits, before)
