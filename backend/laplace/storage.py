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
from backend.laplace import kron
from backend.laplace.posterior import STRUCTURES, Posterior

FORMAT = 2
READABLE = (1, 2)  # 2 added the structures beside "kron" and the prior ratios
TENSORS = "posterior.safetensors"
RECORD = "posterior.json"


@dataclass(frozen=True)
class PackedPosterior:
    """A posterior in its stored form: tensors by name, and the numbers and names of its blocks."""

    tensors: Mapping[str, Tensor]
    structure: Mapping[str, object]


def pack(posterior: Posterior, *, dtype: torch.dtype = torch.float16) -> PackedPosterior:
    """Stored form with eigenvectors in `dtype`; small factors, eigenvalues and diagonals in float32 or wider."""
    tensors, entries = STRUCTURES[posterior.structure].pack(posterior, dtype=dtype)
    structure = {**entries, "structure": posterior.structure, "prior_precision": posterior.prior_precision}
    if posterior.prior_ratios:
        structure["prior_ratios"] = dict(posterior.prior_ratios)
    return PackedPosterior(tensors=tensors, structure=structure)


def unpack(packed: PackedPosterior) -> Posterior:
    """The posterior that a packed form stands for, in float64.

    Raises:
        ValueError: the structure is unknown, or λ or a ratio is not a positive number.
    """
    name = packed.structure.get("structure", kron.NAME)  # format 1 had no other structure
    if name not in STRUCTURES:
        raise ValueError(f"unknown structure {name!r}")
    prior_precision = packed.structure["prior_precision"]
    ratios = packed.structure.get("prior_ratios", {})
    if not all(math.isfinite(value) and value > 0 for value in (prior_precision, *ratios.values())):
        raise ValueError(f"prior precision {prior_precision} or a ratio to it is not a positive number")
    posterior = Posterior(
        blocks=STRUCTURES[name].unpack(packed.tensors, packed.structure),
        prior_precision=prior_precision,
        structure=name,
    )
    return posterior.with_ratios(ratios)


def save(packed: PackedPosterior, folder: Path, *, record: Mapping[str, object]) -> None:
    """Write both files; `record` says what it was fitted on, at least `adapter` (the adapter's content id)."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(dict(packed.tensors), str(folder / TENSORS))
    stored = {**record, "prior_ratios": {}, **packed.structure}  # a record that was read may have other ones
    text = json.dumps({"format": FORMAT, **stored} | {"format": FORMAT}, indent=1, allow_nan=False)
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
        if record.get("format") not in READABLE:
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
