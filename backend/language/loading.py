"""Base model + adapter + tokenizer from folders on this machine, ready to write and to be scored.

In: `Settings`-like plain values. Out: a `LanguageModel`. Weights come from safetensors or GGUF only and no code of a
model repository is run. Knows nothing of documents, posteriors or the database.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from backend.errors import ModelError


@dataclass(frozen=True)
class LanguageModel:
    """A causal language model in evaluation mode with its tokenizer, and the names that go into the records."""

    model: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerBase
    base_id: str
    adapter_id: str

    @property
    def end_ids(self) -> tuple[int, ...]:
        """Token ids that end a summary."""
        ends = self.model.generation_config.eos_token_id if self.model.generation_config else None
        ends = self.tokenizer.eos_token_id if ends is None else ends
        return tuple(ends) if isinstance(ends, (list, tuple)) else (ends,)

    @property
    def pad_id(self) -> int:
        """Token id that fills a batch; never scored."""
        pad = self.tokenizer.pad_token_id
        return self.end_ids[0] if pad is None else pad


def load_tokenizer(source: str | Path) -> PreTrainedTokenizerBase:
    """Tokenizer of a base model.

    Raises:
        ModelError: the folder or hub name holds none.
    """
    try:
        return AutoTokenizer.from_pretrained(str(source), trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(
            "model.tokenizer_unreadable",
            "No tokenizer could be read from {source}. Name a folder or a hub model that holds one.",
            source=str(source),
        ) from error


def load_base(source: str | Path, *, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """Base model from a local folder or a hub name, safetensors only; with SDPA where its architecture has that.

    Raises:
        ModelError: it is missing, not a causal LM, or only has weights in a format that can carry code.
    """
    transformers_logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(source), dtype=dtype, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(
            "model.unreadable",
            "The model {source} could not be loaded ({detail}). Tashika reads causal language models in safetensors "
            "from a local folder or a reachable hub name; set TASHIKA_MODEL to one.",
            source=str(source),
            detail=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error
    return model.eval()


def load_language_model(
    base_source: str | Path, *, base_id: str, adapter_dir: Path | None, dtype: torch.dtype = torch.float32
) -> LanguageModel:
    """Base model with its adapter applied but not merged: the posterior needs the low-rank parts apart."""
    base = load_base(base_source, dtype=dtype)
    tokenizer = load_tokenizer(base_source)
    if adapter_dir is None:
        return LanguageModel(model=base, tokenizer=tokenizer, base_id=base_id, adapter_id="")
    if not (adapter_dir / "adapter_model.safetensors").is_file():
        raise ModelError(
            "model.adapter_missing",
            "There is no adapter in {folder}. Train one with `tashika train`, or unset TASHIKA_ADAPTER.",
            folder=str(adapter_dir),
        )
    model = PeftModel.from_pretrained(base, str(adapter_dir), torch_device="cpu").eval()
    return LanguageModel(model=model, tokenizer=tokenizer, base_id=base_id, adapter_id=adapter_id(adapter_dir))


def adapter_id(adapter_dir: Path) -> str:
    """Name and content hash of an adapter: what a summary's record says it was written with."""
    digest = hashlib.sha256((adapter_dir / "adapter_model.safetensors").read_bytes()).hexdigest()[:12]
    card = adapter_dir / "training.json"
    name = json.loads(card.read_text("utf-8")).get("name", "") if card.is_file() else ""
    return f"{name or adapter_dir.name}@{digest}"
