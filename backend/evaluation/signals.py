"""Every model-internal signal of doubt about each token of a given summary; higher means more doubtful.

In: a `Summarizer`, a document, the token ids of a summary of it. Out: name → one number a token.

| signal | passes | what |
|---|---|---|
| neg_log_p, entropy, margin | one for all four rows | at the MAP weights; the margin is log p of the best other token less that of this one |
| claim_conditioned | | CCP (Fadeeva et al. 2024, arXiv 2403.04696) with `_relation` in the place of an entailment model |
| lookback, rauq | | see `signals_attention` |
| laplace_… | ~M | posterior predictive: −log p, entropy, mutual information, variance of the logit, deviation of log p, \
and both deviations against the margin |
| dropout_…, perturbation_…, ensemble_… | K each | mutual information by other samples, see `signals_sampling` |
| support_lost | a short one | log p of the token without the document less with it |

Knows nothing of what is wrong in a summary, nor of phrases.
"""  # noqa: E501

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from backend.documents import Document
from backend.errors import ModelError
from backend.evaluation.signals_attention import Places, lookback_doubt, observed_attention, rauq, read_observed
from backend.evaluation.signals_sampling import (
    columns_of,
    dropout_samples,
    ensemble_samples,
    linearised_samples,
    random_deviations,
    spread_of,
)
from backend.language.decoding import DECODING_VERSION
from backend.language.loading import adapter_id
from backend.language.pieces import decode
from backend.language.prompts import build_prompt
from backend.laplace.labels import Batch, target_logits
from backend.laplace.scores import draw_deviations
from backend.laplace.step import DEFAULT_STEP
from backend.pipeline import Summarizer, batch_of
from backend.uncertainty.folding import stem

VERSION = 1  # of the signals' meaning: a change makes kept ones unusable
ALTERNATIVES = 10  # other tokens that the claim-conditioned probability looks at
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for from with by as and or but that this these those is are was were be been has have had "
    "it its he his she her they their which who".split()
)

Signals = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """How the signals are sampled.

    Attributes:
        samples: K of the posterior and of the random perturbation; 0 leaves both out.
        dropout_samples, dropout_share: passes, and the share of inputs masked; 0 passes leave it out.
        sigma: of the random perturbation, in units of the adapter weights' root mean square.
        seed: of all three.
        prior_precision: another one than the posterior's own, to compare.
    """

    samples: int = 8
    dropout_samples: int = 4
    dropout_share: float = 0.1
    sigma: float = 0.5
    seed: int = 0
    prior_precision: float | None = None


class SignalReader:
    """Reads all signals of one model, adapter and posterior."""

    def __init__(self, summarizer: Summarizer, plan: SignalPlan, *, ensemble: Sequence[Path] = ()) -> None:
        """Draws the samples of the weights once; loads the ensemble's other adapters beside the one in use.

        Raises:
            ModelError: an ensemble folder holds no adapter.
        """
        self.summarizer, self.plan = summarizer, plan
        self._model = summarizer.language.model
        self._drawn: dict[str, dict[str, Tensor]] = {}
        if plan.samples:
            posterior = summarizer.posterior
            if plan.prior_precision is not None:
                posterior = posterior.with_prior(plan.prior_precision)
            drawn = draw_deviations(posterior, samples=plan.samples, seed=plan.seed)
            self._drawn["laplace"] = {name: value.float() for name, value in drawn.items()}
            self._drawn["perturbation"] = random_deviations(
                self._model, count=-(-plan.samples // 2), sigma=plan.sigma, seed=plan.seed
            )
        self._members = [_load_member(self._model, folder, f"member{i}") for i, folder in enumerate(ensemble)]
        self._member_ids = [adapter_id(folder) for folder in ensemble]

    @property
    def absent(self) -> dict[str, str]:
        """Signals that this reader does not give, each with the reason."""
        reasons = {}
        if not self._members:
            reasons["ensemble_mutual_information"] = "needs other adapters of the same base model: --ensemble DIR"
        if not self.plan.samples:
            reasons["laplace_mutual_information"] = "no posterior samples were asked for"
            reasons["perturbation_mutual_information"] = "no samples were asked for"
        if not self.plan.dropout_samples:
            reasons["dropout_mutual_information"] = "no dropout passes were asked for"
        return reasons

    @property
    def fingerprint(self) -> str:
        """What decides the signals of a document: decoding, model, adapters, posterior, plan, longest document."""
        one = self.summarizer
        parts = [VERSION, one.language.base_id, one.language.adapter_id, one.posterior_id, one.temperature]
        parts += [
            DECODING_VERSION,
            one.max_document_tokens,
            one.max_summary_tokens,
            asdict(self.plan),
            self._member_ids,
        ]
        if one.step.epsilon != DEFAULT_STEP.epsilon:  # which kept signals without a step are of
            parts.append(one.step.epsilon)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def read(self, document: Document, ids: Sequence[int]) -> Signals:
        """Signals of the tokens `ids` as a summary of the document."""
        prompt = self.summarizer.read(document).prompt
        places = Places(prompt.document_start, prompt.document_end, len(prompt.ids))
        batch = batch_of(prompt.ids, ids)
        tokens = batch["labels"][0]
        with torch.no_grad(), observed_attention(self._model.get_base_model(), places) as recorder:
            logits = target_logits(self._model, batch)[0][0]  # (S, V)
        log_p = logits.log_softmax(dim=-1)
        own = log_p.gather(1, tokens[:, None])[:, 0]
        margin = _log_of_best_other(log_p, tokens) - own
        observed = read_observed(recorder)
        found = {
            "neg_log_p": -own,
            "entropy": -(log_p.exp() * log_p).sum(dim=-1),
            "margin": margin,
            "claim_conditioned": self._claim_conditioned(log_p, tokens),
            "lookback": lookback_doubt(observed, places),
            "rauq": rauq(observed, own.exp()),
            "support_lost": self._log_p_without(document, ids) - own,
        }
        found |= self._sampled(batch, tokens, margin)
        return rounded(found)

    def _sampled(self, batch: Batch, tokens: Tensor, margin: Tensor) -> dict[str, Tensor]:
        plan, step, found = self.plan, self.summarizer.step, {}
        if "laplace" in self._drawn:
            samples = linearised_samples(self._model, batch, self._drawn["laplace"], step=step)
            spread = spread_of((sample / self.summarizer.temperature for sample in samples), tokens)
            found |= {f"laplace_{name}": values for name, values in columns_of(spread, margin).items()}
            others = linearised_samples(self._model, batch, self._drawn["perturbation"], step=step)
            found["perturbation_mutual_information"] = spread_of(others, tokens).mutual_information_nats
        if plan.dropout_samples:
            masked = dropout_samples(
                self._model, batch, count=plan.dropout_samples, share=plan.dropout_share, seed=plan.seed
            )
            found["dropout_mutual_information"] = spread_of(masked, tokens).mutual_information_nats
        if self._members:
            members = ensemble_samples(self._model, batch, self._members)
            found["ensemble_mutual_information"] = spread_of(members, tokens).mutual_information_nats
        return found

    def _log_p_without(self, document: Document, ids: Sequence[int]) -> Tensor:
        tokenizer = self.summarizer.language.tokenizer
        prompt = build_prompt(tokenizer, [], kind=document.kind, language=document.language)
        batch = batch_of(prompt.ids, ids)
        with torch.no_grad():
            log_p = target_logits(self._model, batch)[0][0].log_softmax(dim=-1)
        return log_p.gather(1, batch["labels"][0][:, None])[:, 0]

    def _claim_conditioned(self, log_p: Tensor, tokens: Tensor) -> Tensor:
        """−log of the mass that says the same as the token, among the mass that says the same or the contrary."""
        tokenizer = self.summarizer.language.tokenizer
        best = log_p.topk(min(ALTERNATIVES, log_p.shape[1]), dim=-1)
        values = []
        for own, own_log_p, others, other_log_ps in zip(
            tokens.tolist(), log_p.gather(1, tokens[:, None])[:, 0], best.indices.tolist(), best.values, strict=True
        ):
            said = decode(tokenizer, [own])
            mass = {"same": float(own_log_p.exp()), "contrary": 0.0, "beside": 0.0}
            for other, p in zip(others, other_log_ps.exp().tolist(), strict=True):
                if other != own:
                    mass[_relation(said, decode(tokenizer, [other]))] += p
            total = mass["same"] + mass["contrary"]
            values.append(0.0 if total <= 0 else -torch.tensor(mass["same"] / total).clamp_min(1e-12).log().item())
        return torch.tensor(values)


def rounded(columns: Mapping[str, Tensor]) -> Signals:
    """Columns (S,) as plain numbers of six digits."""
    return {name: [float(f"{value:.6g}") for value in column.tolist()] for name, column in columns.items()}


def _relation(said: str, other: str) -> str:
    """What another token would have made of the claim: the same, its contrary, or something beside it."""
    one, two = said.strip().lower(), other.strip().lower()
    if not one or one in _FUNCTION_WORDS or not any(character.isalnum() for character in one):
        return "beside"  # a function word claims nothing: nothing can be contrary to it
    if one == two or stem(one) == stem(two) or (min(len(one), len(two)) >= 3 and one[:3] == two[:3]):
        return "same"
    if two in _FUNCTION_WORDS or not any(character.isalnum() for character in two):
        return "beside"
    return "contrary" if one[0].isdigit() == two[0].isdigit() else "beside"


def _log_of_best_other(log_p: Tensor, tokens: Tensor) -> Tensor:
    return log_p.scatter(1, tokens[:, None], -torch.inf).amax(dim=-1)


def _load_member(model: object, folder: Path, name: str) -> str:
    if not (folder / "adapter_model.safetensors").is_file():
        raise ModelError(
            "model.adapter_missing",
            "There is no adapter in {folder}. Train one with `tashika train`, or unset TASHIKA_ADAPTER.",
            folder=str(folder),
        )
    model.load_adapter(str(folder), adapter_name=name, torch_device="cpu")
    return name
