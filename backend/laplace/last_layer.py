"""Structure "last-layer": "kron" over the LoRA matrices of the last adapted decoder layer; the others stay at θ*.

A tangent then starts at that layer, so that scoring costs little more than one forward pass for any number of samples.
"""

from __future__ import annotations

from dataclasses import replace

from backend.laplace import kron
from backend.laplace.curvature import FisherSums
from backend.laplace.gaussian import Posterior

NAME = "last-layer"
pack = kron.pack
unpack = kron.unpack


def build(sums: FisherSums, *, prior_precision: float, rank: int | None = None, share: float = 1.0) -> Posterior:
    """Posterior from the sums of the last layer; see `kron.build` for the arguments.

    Raises:
        ValueError: a matrix lies outside the numbered decoder layers.
    """
    last = max(map(layer_index, sums.gradients))
    kept = {name for name in sums.gradients if layer_index(name) == last}
    groups = {name: group for name, group in sums.input_group.items() if name in kept}
    part = replace(
        sums,
        inputs={group: sums.inputs[group] for group in dict.fromkeys(groups.values())},
        gradients={name: factor for name, factor in sums.gradients.items() if name in kept},
        input_group=groups,
    )
    posterior = kron.build(part, prior_precision=prior_precision, rank=rank, share=share)
    return replace(posterior, structure=NAME)


def layer_index(name: str) -> int:
    """Number of the decoder layer in a matrix' full name: its first numeric component."""
    for component in name.split("."):
        if component.isdecimal():
            return int(component)
    raise ValueError(f"{name} is in no numbered decoder layer: fit another structure")
