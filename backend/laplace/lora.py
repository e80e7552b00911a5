"""The LoRA matrices of a PEFT model, found by exact name; unsupported kinds are refused, not skipped.

A LoRA layer computes `W₀x + (α/r)·B·A·x` with `A (r, d_in)` and `B (d_out, r)`. The posterior treats every A and every
B as one linear layer of its own: A maps the layer's input (d_in) to r values, B maps these to d_out.
"""

from __future__ import annotations

from dataclasses import dataclass

from peft import PeftModel
from peft.tuners.lora import LoraLayer
from peft.tuners.lora.layer import Linear as LoraLinearLayer
from torch import nn

from backend.errors import ModelError

# PEFT's wrappers of layers whose weights are packed integers
QUANTIZED = frozenset(
    ("Linear4bit", "Linear8bitLt", "GPTQLoraLinear", "AwqLoraLinear", "AqlmLoraLinear", "EetqLoraLinear")
    + ("HqqLoraLinear", "TorchaoLoraLinear", "IncLoraLinear")
)


@dataclass(frozen=True)
class LoraPair:
    """One adapted linear layer.

    Attributes:
        name: full name of the adapted module inside the PEFT model.
        layer: PEFT's layer; its forward adds the low-rank part to the frozen one.
        matrix_a: the `nn.Linear` that holds A, weight (r, d_in).
        matrix_b: the `nn.Linear` that holds B, weight (d_out, r).
        scaling: α/r (or α/√r with rsLoRA).
    """

    name: str
    layer: LoraLinearLayer
    matrix_a: nn.Linear
    matrix_b: nn.Linear
    scaling: float


def find_pairs(model: PeftModel) -> list[LoraPair]:
    """All adapted layers of the active adapter, in the order of the model's modules.

    Raises:
        ModelError: there is none, several adapters are active, or a kind whose curvature is not implemented.
    """
    if not isinstance(model, PeftModel):
        raise _unsupported("the model has no PEFT adapter", "Load one with peft.PeftModel.from_pretrained.")
    active = model.active_adapters
    if len(active) != 1:
        raise _unsupported(f"{len(active)} adapters are active", "Activate exactly one with set_adapter.")
    config = model.peft_config[active[0]]
    if config.modules_to_save:
        raise _unsupported("modules_to_save is set", "Train with LoRA matrices only.")
    if config.trainable_token_indices:
        raise _unsupported("trainable_token_indices is set", "Train with LoRA matrices only.")
    if config.bias != "none":
        raise _unsupported(f"the adapter trains biases (bias={config.bias!r})", 'Train with bias="none".')
    pairs = [
        _pair(name, module, active[0])
        for name, module in model.named_modules()
        if isinstance(module, LoraLayer) and active[0] in _adapter_names(module)
    ]
    if not pairs:
        raise _unsupported(f"adapter {active[0]} has no LoRA layer", "Check target_modules.")
    if all(pair.layer is model.get_base_model().get_output_embeddings() for pair in pairs):
        raise _unsupported("the output layer alone is adapted", "Adapt linear layers of the decoder too.")
    return pairs


def parameter_count(pairs: list[LoraPair]) -> int:
    """Number of weights that have a posterior."""
    return sum(matrix.weight.numel() for pair in pairs for matrix in (pair.matrix_a, pair.matrix_b))


def squared_norm(pairs: list[LoraPair]) -> float:
    """‖θ*‖² over all LoRA matrices."""
    weights = (matrix.weight for pair in pairs for matrix in (pair.matrix_a, pair.matrix_b))
    return float(sum(weight.detach().double().square().sum() for weight in weights))


def squared_norms(pairs: list[LoraPair]) -> dict[str, float]:
    """‖θ*_m‖² of every matrix m."""
    return {
        name: float(matrix.weight.detach().double().square().sum()) for name, matrix in named_matrices(pairs).items()
    }


def named_matrices(pairs: list[LoraPair]) -> dict[str, nn.Linear]:
    """`<layer>.A` and `<layer>.B` → the linear layer that holds the matrix."""
    matrices = {}
    for pair in pairs:
        matrices[f"{pair.name}.A"] = pair.matrix_a
        matrices[f"{pair.name}.B"] = pair.matrix_b
    return matrices


def _adapter_names(module: LoraLayer) -> set[str]:
    return set(module.lora_A) | set(module.lora_embedding_A)


def _pair(name: str, module: LoraLayer, adapter: str) -> LoraPair:
    base = module.get_base_layer()
    weight = getattr(base, "weight", None)
    if type(module).__name__ in QUANTIZED or (weight is not None and not weight.is_floating_point()):
        raise _unsupported(
            f"{name} adapts a quantized {type(base).__name__}",
            "Load the base model without quantization (float32 or bfloat16); the adapter fits either.",
        )
    if not isinstance(module, LoraLinearLayer) or not isinstance(base, nn.Linear):
        raise _unsupported(f"{name} adapts a {type(base).__name__}", "Restrict target_modules to nn.Linear layers.")
    if module.use_dora.get(adapter, False):
        raise _unsupported(f"{name} uses DoRA", "Train with use_dora=False.")
    if adapter in getattr(module, "lora_variant", {}):
        variant = type(module.lora_variant[adapter]).__name__
        raise _unsupported(f"{name} uses {variant}", "Train plain LoRA matrices.")
    if module.merged:
        raise _unsupported(f"{name} is merged", "Call unmerge_adapter first.")
    if module.lora_B[adapter].bias is not None:
        raise _unsupported(f"{name} has a LoRA bias", "Train with lora_bias=False.")
    return LoraPair(name, module, module.lora_A[adapter], module.lora_B[adapter], float(module.scaling[adapter]))


def _unsupported(what: str, remedy: str) -> ModelError:
    return ModelError(
        "laplace.unsupported", "No posterior can be fitted or used: {what}. {remedy}", what=what, remedy=remedy
    )
