import pytest
from transformers import Gemma2Config, Gemma2ForCausalLM, GptOssConfig, GptOssForCausalLM

from backend.errors import ModelError
from backend.language.loading import adapter_id, load_base, load_language_model, load_tokenizer
from tests.tiny import tiny_llama, tiny_peft, tiny_tokenizer


@pytest.fixture
def base_dir(tmp_path):
    tiny_llama().save_pretrained(tmp_path / "base")
    tiny_tokenizer().save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def adapter_dir(tmp_path):
    tiny_peft(vocabulary=258).save_pretrained(str(tmp_path / "adapter"))
    return tmp_path / "adapter"


def test_base_and_adapter_load_for_evaluation(base_dir, adapter_dir):
    language = load_language_model(base_dir, base_id="tiny", adapter_dir=adapter_dir)
    assert not language.model.training
    assert language.end_ids == (0,)
    assert language.base_id == "tiny"
    assert language.adapter_id.startswith("adapter@")


SIZES = {
    **{"vocab_size": 23, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "head_dim": 4},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0},
    **{"bos_token_id": 1, "eos_token_id": 1},
}


def gemma2():
    return Gemma2ForCausalLM(Gemma2Config(**SIZES))


def gpt_oss():
    return GptOssForCausalLM(GptOssConfig(**SIZES, num_local_experts=4, rope_parameters={"rope_type": "default"}))


@pytest.mark.parametrize(("make", "attention"), [(gemma2, "eager"), (gpt_oss, "eager"), (tiny_llama, "sdpa")])
def test_an_architecture_has_the_attention_that_it_supports(tmp_path, make, attention):
    make().save_pretrained(tmp_path)
    assert load_base(tmp_path).config._attn_implementation == attention


def test_an_adapters_id_follows_its_content(adapter_dir, tmp_path):
    before = adapter_id(adapter_dir)
    weights = adapter_dir / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert adapter_id(adapter_dir) != before


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_a_model_is_one_sentence(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="TASHIKA_MODEL"):
        load_base(tmp_path / name)
    with pytest.raises(ModelError, match="No tokenizer"):
        load_tokenizer(tmp_path / name)


def test_weights_that_can_carry_code_are_not_read(base_dir):
    (base_dir / "model.safetensors").unlink()
    (base_dir / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    with pytest.raises(ModelError, match="safetensors"):
        load_base(base_dir)


def test_a_folder_without_an_adapter_is_one_sentence(base_dir, tmp_path):
    with pytest.raises(ModelError, match="tashika train"):
        load_language_model(base_dir, base_id="tiny", adapter_dir=tmp_path)
