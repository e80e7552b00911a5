import math

import pytest
import torch
from peft import LoraConfig, get_peft_model

from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.laplace.precision import float32_in
from backend.laplace.predictive import jacobian_rows
from backend.laplace.prior import evaluate_tempered
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.tiny import tiny_batch, tiny_llama


def half_model(seed=0):
    """A bfloat16 base with a float32 adapter, as PEFT makes it by default, and its float32 copy."""
    lora = LoraConfig(r=3, lora_alpha=6, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
    half = get_peft_model(tiny_llama(vocabulary=23, dtype=torch.bfloat16), lora).eval()
    full = get_peft_model(tiny_llama(vocabulary=23, dtype=torch.bfloat16).float(), lora).eval()
    generator = torch.Generator().manual_seed(seed)
    for (name, parameter), twin in zip(half.named_parameters(), full.parameters(), strict=True):
        if "lora_" in name:
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
            twin.data = parameter.data.clone()
    return half, full


def test_a_bfloat16_base_has_the_tangents_of_its_float32_copy():
    half, full = half_model()
    batch = tiny_batch(padding=(0, 3, 1))
    deviations = build(batch_sums(full, batch), prior_precision=1.0).sample(
        2, generator=torch.Generator().manual_seed(0)
    )
    for route in (exact_tangents, stacked_tangents):
        (logits, tangents), (wanted_logits, wanted) = (route(model, batch, deviations) for model in (half, full))
        assert tangents.dtype == torch.float32
        assert torch.allclose(logits, wanted_logits, atol=1e-5)
        assert float((tangents - wanted).norm() / wanted.norm()) < 1e-3


def test_the_curvature_of_a_bfloat16_base_is_near_the_float32_one():
    half, full = half_model()
    batch = tiny_batch()
    near, exact = (batch_sums(model, batch, fisher="empirical") for model in (half, full))
    for name, trace in exact.traces.items():
        assert abs(near.traces[name] / trace - 1) < 0.2, name
        assert near.gradients[name].dtype == torch.float64


def test_weights_are_left_as_they_were_even_after_an_error():
    half, _ = half_model()
    before = {name: parameter for name, parameter in half.named_parameters()}
    with float32_in(half):
        try:
            half(input_ids=torch.tensor([[10**6]]))
        except IndexError:
            pass
        assert half(input_ids=torch.tensor([[1, 2]])).logits.dtype == torch.float32
    after = dict(half.named_parameters())
    assert list(after) == list(before) or set(after) == set(before)
    assert all(after[name] is parameter for name, parameter in before.items())


def test_the_map_predictive_of_a_bfloat16_base_is_that_of_a_tight_posterior():
    half, full = half_model()
    batches = [tiny_batch(targets=6, seed=seed) for seed in range(3)]
    posterior = build(batch_sums(full, batches[0]), prior_precision=1.0)
    options = {"samples": 2, "seed": 0, "temperatures": (1.0,)}
    tight, plain = (
        evaluate_tempered(half, posterior, batches, prior_precision=prior, **options).nll_nats
        for prior in (1e9, math.inf)
    )
    assert plain == pytest.approx(tight, abs=1e-4)


def test_the_rows_of_a_bfloat16_base_are_those_of_its_float32_copy():
    half, full = half_model()
    batch, classes = tiny_batch(targets=1, padding=(0, 3, 1)), torch.tensor([1, 3, 4])
    (logits, rows), (wanted_logits, wanted) = (jacobian_rows(model, batch, classes) for model in (half, full))
    assert torch.allclose(logits, wanted_logits, atol=1e-5)
    for name, row in wanted.items():
        assert torch.allclose(rows[name], row, rtol=1e-3, atol=1e-5), name


def test_weights_are_left_as_they_were_even_after_an_interrupt():
    half, _ = half_model()
    before = dict(half.named_parameters())

    def interrupt(module, args):
        raise KeyboardInterrupt

    layer = half.get_base_model().model.layers[1].mlp.up_proj
    with pytest.raises(KeyboardInterrupt), float32_in(half):
        layer.register_forward_pre_hook(interrupt)  # runs when the layer has its float32 copy
        half(input_ids=torch.tensor([[1, 2]]))
    after = dict(half.named_parameters())
    assert set(after) == set(before)
    assert all(after[name] is parameter for name, parameter in before.items())
