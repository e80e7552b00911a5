"""Which number format frozen weights are worth: the one that this machine multiplies fastest.

bfloat16 halves the memory traffic, and is about twice as fast as float32 where the processor multiplies it itself.
Where it does not, it is three times slower (2 cores with AVX2: 14 against 50 billion operations a second).
"""

from __future__ import annotations

import torch

AUTO = "auto"
NATIVE_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")  # as `torch.cpu.get_capabilities` names them; the last is Arm's


def dtype_named(name: str) -> torch.dtype:
    """'float32', 'bfloat16', or by 'auto' the faster of the two on this machine."""
    return fastest_dtype() if name == AUTO else getattr(torch, name)


def fastest_dtype() -> torch.dtype:
    """bfloat16 where the GPU or the processor computes with it, float32 elsewhere."""
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if any(able.get(flag) for flag in NATIVE_BFLOAT16) else torch.float32
