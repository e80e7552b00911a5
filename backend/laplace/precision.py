"""Run a model whose weights are kept in half precision in float32, one layer's weights at a time.

The weights stay what they are; each module that holds some of them computes with a float32 copy that lives only while
it runs, so that memory grows by one layer and not by the model. Knows nothing of what is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

HALF = (torch.float16, torch.bfloat16)


@contextmanager
def float32_in(model: nn.Module) -> Iterator[None]:
    """While active, modules with own parameters in half precision compute in float32. Others are left alone."""
    handles = []
    held: list[tuple[nn.Module, dict[str, nn.Parameter]]] = []
    try:
        for module in model.modules():
            if any(parameter.dtype in HALF for parameter in module.parameters(recurse=False)):
                kept: dict[str, nn.Parameter] = {}
                held.append((module, kept))
                widen, restore = _hooks(kept)
                handles.append(module.register_forward_pre_hook(widen))
                handles.append(module.register_forward_hook(restore, always_call=True))
        yield
    finally:
        for handle in handles:
            handle.remove()
        for module, kept in held:  # a KeyboardInterrupt passes by the hooks
            _give_back(module, kept)


def _hooks(kept: dict[str, nn.Parameter]):
    def widen(module: nn.Module, args: tuple[object, ...]) -> tuple[object, ...]:
        for name, parameter in list(module.named_parameters(recurse=False)):
            if parameter.dtype in HALF:
                kept[name] = parameter
                del module._parameters[name]
                setattr(module, name, parameter.float())
        return tuple(_widened(value) for value in args)

    def restore(module: nn.Module, args: tuple[object, ...], output: object) -> None:
        _give_back(module, kept)

    return widen, restore


def _give_back(module: nn.Module, kept: dict[str, nn.Parameter]) -> None:
    """Put the module's own parameters in the place of their copies."""
    for name, parameter in kept.items():
        module.__dict__.pop(name, None)
        module._parameters[name] = parameter
    kept.clear()


def _widened(value: object) -> object:
    return value.float() if isinstance(value, Tensor) and value.dtype in HALF else value
