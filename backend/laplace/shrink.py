"""A Kronecker posterior cut to a size on disk, losing as little of the tokens' variance as can be.

A token's logit variance is J Σ Jᵀ with JᵀJ ≈ F on the training data, so that on average over tokens it is tr(F Σ). In
the eigenbasis of a block the eigenpair (i, j) contributes f/(f + λ) with f = κ·s_i·t_j. An eigenvector i of a factor
that is left out has its eigenvalue replaced by one near zero; the variance then changes by
Σ_j f·(1/λ − 1/(f + λ)) = Σ_j f²/(λ(f + λ)): that is its worth, and d numbers are its price. Eigenvectors are kept in
the order of worth by price until the size is reached. Most are worth nothing where the prior rules.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import torch
from torch import Tensor

from backend.laplace.eigen import SMALL, Eigen
from backend.laplace.gaussian import Posterior
from backend.laplace.kron import KronBlock

HALF_BYTES = 2  # eigenvectors are stored in float16
OVERHEAD_BYTES = 400  # of a factor: its name and numbers in both files


def shrink(posterior: Posterior, *, most_bytes: int) -> Posterior:
    """The same posterior with fewer eigenvectors, if it needs more bytes than that; at least one a factor is kept.

    Raises:
        ValueError: a block is not a Kronecker product; a diagonal cannot be cut.
    """
    if not all(isinstance(block, KronBlock) for block in posterior.blocks.values()):
        raise ValueError("only Kronecker posteriors can be cut")
    factors, worths = _factors(posterior)
    kept = _choose({name: (factor.size, worths[name]) for name, factor in factors.items()}, most_bytes)
    cut = {name: _truncate(factor, kept[name]) for name, factor in factors.items()}
    blocks = {
        name: replace(block, inputs=cut["input", block.input_group], gradient=cut["gradient", name])
        for name, block in posterior.blocks.items()
    }
    return replace(posterior, blocks=blocks)


def _factors(posterior: Posterior) -> tuple[dict[tuple[str, str], Eigen], dict[tuple[str, str], Tensor]]:
    """Every stored factor, and the worth of each of its eigenvectors; shared factors are worth something to all."""
    factors: dict[tuple[str, str], Eigen] = {}
    worths: dict[tuple[str, str], Tensor] = defaultdict(lambda: torch.zeros((), dtype=torch.float64))
    for name, block in posterior.blocks.items():
        prior = posterior.prior_of(name)
        for key, own, other in (
            (("input", block.input_group), block.inputs, block.gradient),
            (("gradient", name), block.gradient, block.inputs),
        ):
            factors[key] = own
            values, counts = other.spectrum()
            fisher = block.scale * torch.outer(own.values, values)
            worths[key] = worths[key] + (fisher.square() / (prior * (fisher + prior)) * counts).sum(dim=1)
    return factors, dict(worths)


def _choose(factors: dict[tuple[str, str], tuple[int, Tensor]], most_bytes: int) -> dict[tuple[str, str], int]:
    """How many eigenvectors of each factor to keep, given its size and their worths."""
    kept = {name: len(worth) if size <= SMALL else 1 for name, (size, worth) in factors.items()}
    spent = sum(OVERHEAD_BYTES + kept[name] * _price(size) for name, (size, _) in factors.items())
    offers = [
        (float(value) / _price(size), name, index)
        for name, (size, worth) in factors.items()
        for index, value in enumerate(worth.tolist())
        if index >= kept[name]
    ]
    closed = set()  # factors whose next eigenvector did not fit
    for _, name, index in sorted(offers, key=lambda offer: (-offer[0], offer[2])):
        price = _price(factors[name][0])
        if name in closed or spent + price > most_bytes:
            closed.add(name)
            continue
        kept[name] = index + 1
        spent += price
    return kept


def _price(size: int) -> int:
    """Bytes of one eigenvector and its eigenvalue."""
    return size * (4 if size <= SMALL else HALF_BYTES) + 4


def _truncate(factor: Eigen, kept: int) -> Eigen:
    """The leading eigenvectors; the trace stays."""
    missing = factor.size - kept
    rest = max(factor.trace() - float(factor.values[:kept].sum()), 0.0) / missing if missing else 0.0
    return Eigen(factor.vectors[:, :kept].contiguous(), factor.values[:kept].contiguous(), rest)
