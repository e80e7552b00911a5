"""References by their definitions: whole Jacobians, generalised Gauss-Newton and covariance as dense matrices."""

from __future__ import annotations

import torch

from backend.laplace.curvature import IGNORED, target_logits
from backend.laplace.lora import find_pairs, named_matrices


def matrices_of(model):
    """Matrix name → weight, in the model's order."""
    return {name: matrix.weight for name, matrix in named_matrices(find_pairs(model)).items()}


def jacobian(model, batch):
    """Logits of all targets (N, V) and their Jacobian (N, V, P) over all LoRA weights, one output at a time."""
    logits, labels = target_logits(model, batch)
    flat = logits[labels != IGNORED]  # (N, V)
    weights = list(matrices_of(model).values())
    rows = [
        torch.cat([g.flatten() for g in torch.autograd.grad(value, weights, retain_graph=True)])
        for value in flat.flatten()
    ]
    return flat.detach(), torch.stack(rows).unflatten(0, flat.shape)


def gauss_newton(model, batch):
    """Σ_n J_nᵀ (diag(p) − ppᵀ) J_n (P, P): the exact Fisher of the log-probabilities, summed over targets."""
    logits, rows = jacobian(model, batch)
    p = logits.softmax(dim=-1)
    hessian = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return torch.einsum("ncp,ncd,ndq->pq", rows, hessian, rows)


def slices(model):
    """Matrix name → its part of the P weights."""
    parts, start = {}, 0
    for name, weight in matrices_of(model).items():
        parts[name] = slice(start, start + weight.numel())
        start += weight.numel()
    return parts


def covariance(posterior, model):
    """Σ (P, P) of a posterior, by applying its root to every unit vector of every block; 0 where it has none."""
    parts = slices(model)
    size = max(part.stop for part in parts.values())
    sigma = torch.zeros(size, size, dtype=torch.float64)
    for name, block in posterior.blocks.items():
        units = torch.eye(block.shape[0] * block.shape[1], dtype=torch.float64).unflatten(1, block.shape)
        root = block.apply_root(units, posterior.prior_of(name)).flatten(1)
        sigma[parts[name], parts[name]] = root @ root.T
    return sigma
