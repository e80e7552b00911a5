"""The engine knows no architecture: a few that differ in attention, normalisation, positions and module names."""

import pytest
import torch
import transformers
from peft import LoraConfig, get_peft_model

from backend.errors import ModelError
from backend.laplace.attention import plain_attention
from backend.laplace.curvature import batch_sums
from backend.laplace.lora import find_pairs
from backend.laplace.posterior import build
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.tiny import tiny_batch

SIZES = {
    "vocab_size": 23,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
    "head_dim": 4,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
}
GATED = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ARCHITECTURES = {
    "Qwen2": GATED,
    "Qwen3": GATED,
    "Mistral": GATED,
    "Gemma2": GATED,
    "Phi3": ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"],
    "GPTNeoX": ["query_key_value", "dense", "dense_h_to_4h"],
}


def adapted(name, modules):
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(**SIZES)
    base = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    lora = LoraConfig(r=2, target_modules=modules, task_type="CAUSAL_LM")
    model = get_peft_model(base, lora)
    generator = torch.Generator().manual_seed(0)
    for pair in find_pairs(model):
        for matrix in (pair.matrix_a, pair.matrix_b):
            shape = matrix.weight.shape
            matrix.weight.data = 0.3 * torch.randn(shape, generator=generator)
    return model.eval()


@pytest.mark.parametrize(("name", "modules"), ARCHITECTURES.items(), ids=ARCHITECTURES)
def test_both_routes_agree_and_padding_changes_nothing(name, modules):
    model, batch = adapted(name, modules), tiny_batch(padding=(0, 3, 1))
    sums = batch_sums(model, batch)
    assert len(sums.gradients) == 2 * 2 * len(modules)
    deviations = build(sums, prior_precision=2.0).sample(2, generator=torch.Generator().manual_seed(0))
    logits, exact = exact_tangents(model, batch, deviations)
    stacked_logits, stacked = stacked_tangents(model, batch, deviations, epsilon=1e-3)
    assert torch.allclose(logits, stacked_logits, atol=1e-4)
    assert float((stacked - exact).norm() / exact.norm()) < 0.05
    alone = {key: value[1:2] if key == "labels" else value[1:2, 3:] for key, value in batch.items()}
    assert torch.allclose(exact_tangents(model, alone, deviations)[1][:, 0], exact[:, 1], rtol=1e-3, atol=1e-3)


def test_a_layer_that_is_no_linear_one_is_refused_by_name():
    config = transformers.GPT2Config(vocab_size=23, n_embd=16, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0)
    lora = LoraConfig(r=2, target_modules=["c_attn"], fan_in_fan_out=True, task_type="CAUSAL_LM")
    with pytest.raises(ModelError, match="c_attn adapts a Conv1D.*nn.Linear"):
        find_pairs(get_peft_model(transformers.GPT2LMHeadModel(config), lora))


def test_attention_that_the_exact_route_does_not_know_is_refused():
    tensor = torch.zeros(1, 2, 3, 4)
    with pytest.raises(NotImplementedError, match="s_aux"):
        plain_attention(torch.nn.Identity(), tensor, tensor, tensor, None, s_aux=torch.zeros(2))
