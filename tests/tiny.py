"""A real Llama of a few thousand weights with a byte-level tokenizer: what unit tests use instead of downloads."""

from __future__ import annotations

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    PreTrainedTokenizerFast,
)

SPECIAL = ("<|end|>", "<|im_start|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, and two special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=SPECIAL[0], pad_token=SPECIAL[0])
    fast.add_special_tokens({"additional_special_tokens": [SPECIAL[1]]})
    fast.chat_template = TEMPLATE
    return fast


def tiny_llama(
    *, vocabulary: int = 258, layers: int = 3, seed: int = 0, dtype: torch.dtype = torch.float64
) -> LlamaForCausalLM:
    """Untrained weights, grouped heads, rectangular projections."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.3,
        eos_token_id=0,
        pad_token_id=0,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config).to(dtype).eval()


def tiny_peft(
    *,
    vocabulary: int = 23,
    layers: tuple[int, ...] | None = (1, 2),
    modules: tuple[str, ...] = ("q_proj", "v_proj"),
    seed: int = 0,
    **lora: object,
) -> PeftModel:
    """A tiny Llama in float64 with a LoRA adapter whose B is not zero, in evaluation mode."""
    config = LoraConfig(
        r=3,
        lora_alpha=6,
        target_modules=list(modules),
        layers_to_transform=list(layers) if layers is not None else None,
        task_type="CAUSAL_LM",
        **lora,
    )
    model = get_peft_model(tiny_llama(vocabulary=vocabulary, seed=seed), config, autocast_adapter_dtype=False)
    return _with_random_adapter(model, seed)


def tiny_opt(*, vocabulary: int = 5, seed: int = 0) -> PeftModel:
    """A tiny OPT with a LoRA adapter of 144 weights: unlike Llama it computes wholly in float64."""
    torch.manual_seed(seed)
    config = OPTConfig(
        vocab_size=vocabulary,
        hidden_size=8,
        word_embed_proj_dim=8,
        ffn_dim=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        init_std=0.4,
        dropout=0.0,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
    )
    lora = LoraConfig(r=2, lora_alpha=3, target_modules=["v_proj", "fc1"], task_type="CAUSAL_LM")
    model = get_peft_model(OPTForCausalLM(config).double().eval(), lora, autocast_adapter_dtype=False)
    return _with_random_adapter(model, seed)


def _with_random_adapter(model: PeftModel, seed: int) -> PeftModel:
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return model.double().eval()


def tiny_batch(
    *,
    rows: int = 3,
    length: int = 9,
    targets: int = 4,
    vocabulary: int = 23,
    padding: tuple[int, ...] = (),
    seed: int = 0,
) -> dict[str, torch.Tensor]:
    """Random ids, left-padded by `padding[row]`, whose last `targets` tokens have labels."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, vocabulary, (rows, length), generator=generator)
    mask = torch.ones(rows, length, dtype=torch.long)
    for row, width in enumerate(padding):
        mask[row, :width] = 0
        ids[row, :width] = 0
    positions = (mask.cumsum(dim=1) - 1).clamp_min(0)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": positions,
        "labels": ids[:, length - targets :].clone(),
    }
