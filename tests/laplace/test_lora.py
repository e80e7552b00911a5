import pytest
import torch
from peft import LoraConfig

from backend.errors import ModelError
from backend.laplace.curvature import batch_sums
from backend.laplace.lora import find_pairs, named_matrices, parameter_count, squared_norm
from tests.tiny import tiny_batch, tiny_llama, tiny_peft


def test_every_adapted_layer_is_found_with_its_scaling():
    pairs = find_pairs(tiny_peft(layers=(0, 2), modules=("q_proj", "down_proj")))
    assert [pair.name.removeprefix("base_model.model.model.layers.") for pair in pairs] == [
        "0.self_attn.q_proj",
        "0.mlp.down_proj",
        "2.self_attn.q_proj",
        "2.mlp.down_proj",
    ]
    assert all(pair.scaling == 2.0 for pair in pairs)
    assert named_matrices(pairs)[pairs[1].name + ".A"].weight.shape == (3, 24)


def test_rank_stabilized_scaling_is_read_from_the_layer():
    pairs = find_pairs(tiny_peft(use_rslora=True))
    assert pairs[0].scaling == pytest.approx(6 / 3**0.5)


def test_counts_and_norm_cover_all_matrices():
    model = tiny_peft()
    weights = [p.detach() for name, p in model.named_parameters() if "lora_" in name]
    assert parameter_count(find_pairs(model)) == sum(w.numel() for w in weights)
    assert squared_norm(find_pairs(model)) == pytest.approx(float(sum(w.square().sum() for w in weights)))


def test_only_the_active_adapter_is_taken():
    model = tiny_peft()
    model.add_adapter("second", LoraConfig(r=5, target_modules=["k_proj"], task_type="CAUSAL_LM"))
    model.set_adapter("second")
    assert {pair.matrix_a.weight.shape[0] for pair in find_pairs(model)} == {5}


def test_another_adapter_that_is_loaded_changes_no_number():
    alone, both = tiny_peft(), tiny_peft()
    first = both.active_adapter
    both.add_adapter("second", LoraConfig(r=5, target_modules=["k_proj", "q_proj"], task_type="CAUSAL_LM"))
    both.set_adapter(first)
    both.double().eval()
    expected, found = (batch_sums(model, tiny_batch()) for model in (alone, both))
    assert set(found.gradients) == set(expected.gradients)
    for name, factor in expected.gradients.items():
        assert torch.equal(found.gradients[name], factor)
        assert torch.equal(found.diagonals[name], expected.diagonals[name])


@pytest.mark.filterwarnings("ignore:`lora_bias=True` was passed")
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"modules": ("embed_tokens",), "layers": None}, "Embedding"),
        ({"lora_bias": True}, "bias"),
        ({"bias": "all"}, "bias='all'"),
        ({"bias": "lora_only"}, "bias='lora_only'"),
        ({"trainable_token_indices": [1, 2]}, "trainable_token_indices"),
    ],
)
def test_an_adapter_kind_without_a_posterior_is_refused_by_name(options, named):
    with pytest.raises(ModelError, match=named):
        find_pairs(tiny_peft(**options))


def test_a_model_without_adapter_is_refused():
    with pytest.raises(ModelError, match="no PEFT adapter"):
        find_pairs(tiny_llama())


def test_a_merged_adapter_is_refused():
    model = tiny_peft()
    model.merge_adapter()
    with pytest.raises(ModelError, match="merged"):
        find_pairs(model)
    model.unmerge_adapter()
    assert torch.is_tensor(find_pairs(model)[0].matrix_a.weight)


def test_a_quantized_layer_is_refused_with_the_way_out():
    model = tiny_peft()
    layer = find_pairs(model)[0].layer.get_base_layer()
    layer.weight = torch.nn.Parameter(torch.zeros(16, 16, dtype=torch.int8), requires_grad=False)
    with pytest.raises(ModelError, match="quantized Linear.*without quantization"):
        find_pairs(model)


def test_several_active_adapters_are_refused():
    model = tiny_peft()
    model.add_adapter("second", LoraConfig(r=2, target_modules=["k_proj"], task_type="CAUSAL_LM"))
    model.base_model.set_adapter(["default", "second"])
    with pytest.raises(ModelError, match="2 adapters are active.*set_adapter"):
        find_pairs(model)
