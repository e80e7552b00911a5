"""Checks the tensor shapes that `backend.laplace` states, at every call in every test.

`check_shapes` installs jaxtyping's import hook; it must run before that package is imported. Only annotations with
shapes are checked, by beartype; all others are left to a static checker.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

PACKAGE = "backend.laplace"
CONFIGURATION = BeartypeConf(is_pep484_tower=True)


def check_shapes() -> None:
    install_import_hook(PACKAGE, f"{__name__}.check")


def check(function: Callable) -> Callable:
    """What the hook puts around every function of the package."""
    shown = getattr(function, "__annotations__", {})
    if inspect.isclass(function) or not any(_has_shape(annotation) for annotation in shown.values()):
        return function
    function.__annotations__ = {name: annotation for name, annotation in shown.items() if _has_shape(annotation)}
    return beartype(conf=CONFIGURATION)(function)


def _has_shape(annotation: object) -> bool:
    return "[Tensor, " in (annotation if isinstance(annotation, str) else repr(annotation))
