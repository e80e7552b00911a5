"""laplace-torch on the same adapter and sequence: a few of the last token's logits there, all tokens' logits here."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import Any

import torch
from peft import PeftModel
from torch import nn
from torch.utils.data import DataLoader

from backend.evaluation.bench import time_interleaved
from backend.evaluation.bench_plan import BenchPlan, sequence
from backend.evaluation.bench_tangents import stock_forward
from backend.laplace.attention import plain_attention_in
from backend.laplace.scores import predictive_sums
from backend.pipeline import Summarizer
from backend.training.fitting import require_gradients


class LastLogits(nn.Module):
    """What laplace-torch can take: a batch in, the first few logits of the last position out.

    Only these rows of the output matrix take part: its Jacobian of all logits needs more memory than a PC has.
    """

    def __init__(self, inner: PeftModel, classes: int) -> None:
        super().__init__()
        self.inner, self.classes = inner, classes

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """(B, classes)."""
        whole = self.inner.get_base_model()
        output = whole.base_model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False)
        return output.last_hidden_state[:, -1] @ whole.get_output_embeddings().weight[: self.classes].T


def laplace_torch(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`laplace_torch_ratio`: its seconds for a few logits of one token by ours for all logits of all scored tokens."""
    if importlib.util.find_spec("laplace") is None:
        return {
            "laplace_torch_ratio": None,
            "laplace_torch": {"reason": "laplace-torch is not installed (see .locks/references.txt)"},
        }
    scored = min(plan.scored_tokens, plan.rival_tokens // 2)
    batch = sequence(summarizer, tokens=plan.rival_tokens, scored=scored)
    require_gradients(summarizer.language)
    model, drawn = summarizer.language.model, summarizer.draw(plan.samples)
    with plain_attention_in(model.get_base_model()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of another package
        theirs = _fitted(model, batch, plan.rival_classes)
        rows = {name: batch[name] for name in ("input_ids", "attention_mask")}
        their = time_interleaved({"laplace-torch": lambda: theirs._glm_predictive_distribution(rows)}, repeats=1)
    works = {
        "tashika": lambda: predictive_sums(model, batch, drawn, step=summarizer.step),
        "forward": lambda: stock_forward(summarizer, batch),  # no method can be faster
    }
    our = {name: timing.median for name, timing in time_interleaved(works, repeats=plan.repeats).items()}
    seconds = their["laplace-torch"].median
    return {
        "laplace_torch_ratio": seconds / our["tashika"],
        "laplace_torch": {
            "seconds": {"laplace-torch": seconds, **our},
            "most_ratio": seconds / our["forward"],
            "their_logits": plan.rival_classes,
            "our_logits": scored * int(model.config.vocab_size),
            "sequence_tokens": plan.rival_tokens,
        },
    }


def _fitted(model: nn.Module, batch: dict[str, torch.Tensor], classes: int) -> Any:
    """Their diagonal posterior, the cheapest of theirs that predicts, fitted on this sequence."""
    laplace, curvature = importlib.import_module("laplace"), importlib.import_module("laplace.curvature")
    theirs = laplace.Laplace(
        LastLogits(model, classes),
        "classification",
        subset_of_weights="all",
        hessian_structure="diag",
        backend=curvature.CurvlinopsGGN,
    )
    row = {name: batch[name][0] for name in ("input_ids", "attention_mask")} | {"labels": torch.tensor(0)}
    theirs.fit(DataLoader([row], batch_size=1))
    return theirs
