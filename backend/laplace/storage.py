"""A posterior as a folder: `posterior.safetensors` and `posterior.json`. No pickle, no code.

Eigenvectors are rounded to the stored precision and made orthonormal again when read. `fit` works with the packed form
from the start, so that a posterior in memory and the same one read back give equal numbers. The JSON names base model,
adapter (by content hash) and versions; reading refuses another adapter.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from backend.errors import ModelError
from backend.laplace.eigen import Eigen, orthonormal
from backend.laplace.posterior import Block, Posterior

FORMAT = 1
TENSORS = "posterior.safetensors"
RECORD = "posterior.json"


@dataclass(frozen=True)
class PackedPosterior:
    """A posterior in its stored form: tensors by name, and the numbers and names of its blocks."""

    tensors: Mapping[str, Tensor]
    structure: Mapping[str, object]


def pack(posterior: Posterior, *, dtype: torch.dtype = torch.float16) -> PackedPosterior:
    """Stored form with eigenvectors in `dtype`; small factors (16 rows or fewer) stay in float32 or wider."""
    tensors: dict[str, Tensor] = {}
    inputs = {
        name: _pack_eigen(eigen, f"input.{index}", tensors, dtype)
        for index, (name, eigen) in enumerate(posterior.inputs.items())
    }
    blocks = {
        name: {
            "input_group": block.input_group,
            "scale": block.scale,
            "gradient": _pack_eigen(block.gradient, f"gradient.{index}", tensors, dtype),
        }
        for index, (name, block) in enumerate(posterior.blocks.items())
    }
    structure = {"inputs": inputs, "blocks": blocks, "prior_precision": posterior.prior_precision}
    return PackedPosterior(tensors=tensors, structure=structure)


def unpack(packed: PackedPosterior) -> Posterior:
    """The posterior that a packed form stands for, in float64."""
    structure = packed.structure
    return Posterior(
        inputs={name: _unpack_eigen(entry, packed.tensors) for name, entry in structure["inputs"].items()},
        blocks={
            name: Block(
                input_group=entry["input_group"],
                gradient=_unpack_eigen(entry["gradient"], packed.tensors),
                scale=entry["scale"],
            )
            for name, entry in structure["blocks"].items()
        },
        prior_precision=structure["prior_precision"],
    )


def save(packed: PackedPosterior, folder: Path, *, record: Mapping[str, object]) -> None:
    """Write both files; `record` says what it was fitted on, at least `adapter` (the adapter's content id)."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(dict(packed.tensors), str(folder / TENSORS))
    text = json.dumps({"format": FORMAT, **record, **packed.structure}, indent=1, allow_nan=False)
    (folder / RECORD).write_text(text, "utf-8")


def load(folder: Path, *, adapter: str | None = None) -> tuple[Posterior, dict[str, object]]:
    """Posterior and its record.

    Args:
        folder: where `save` wrote.
        adapter: content id of the adapter it is to be used with; None skips the check.

    Raises:
        ModelError: missing, damaged, of another format, or fitted on another adapter.
    """
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        packed = PackedPosterior(tensors=load_file(str(folder / TENSORS)), structure=record)
        if record.get("format") != FORMAT:
            raise ValueError(f"format {record.get('format')} instead of {FORMAT}")
        posterior = unpack(packed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            "laplace.posterior_unreadable",
            "The posterior in {folder} cannot be read ({detail}). Fit it again with `tashika fit`.",
            folder=str(folder),
            detail=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error
    if adapter is not None and record.get("adapter") != adapter:
        raise ModelError(
            "laplace.posterior_of_other_adapter",
            "The posterior in {folder} belongs to adapter {found}, not to {wanted}. Fit one with `tashika fit`.",
            folder=str(folder),
            found=str(record.get("adapter")),
            wanted=adapter,
        )
    return posterior, {name: value for name, value in record.items() if name not in ("inputs", "blocks")}


def _pack_eigen(eigen: Eigen, key: str, tensors: dict[str, Tensor], dtype: torch.dtype) -> dict[str, object]:
    is_small = eigen.size <= 16
    kept = torch.promote_types(dtype, torch.float32)
    tensors[f"{key}.vectors"] = eigen.vectors.to(kept if is_small else dtype).contiguous()
    tensors[f"{key}.values"] = eigen.values.to(kept).contiguous()
    return {"key": key, "rest": eigen.rest}


def _unpack_eigen(entry: Mapping[str, object], tensors: Mapping[str, Tensor]) -> Eigen:
    vectors = orthonormal(tensors[f"{entry['key']}.vectors"])
    values = tensors[f"{entry['key']}.values"].double()
    rest = float(entry["rest"])
    if values.shape != vectors.shape[1:] or not bool((values >= 0).all()) or not (math.isfinite(rest) and rest >= 0):
        raise ValueError(f"factor {entry['key']} is not a valid eigendecomposition")
    return Eigen(vectors=vectors, values=values, rest=rest)
