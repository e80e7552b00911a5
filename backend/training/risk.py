"""Learn from several summaries of one document and how good each is: minimum-risk training.

In: a prompt, K candidate summaries as token ids, and a reward of each (ROUGE-L with the reference, say). Out: the
expected loss of reward under the model's own distribution over the candidates (Shen et al., arXiv 1512.02433),

    risk = - sum_k Q_k r_k / spread,    Q = softmax_k(alpha * log p(candidate_k | prompt)),

whose minimum puts the mass on the candidates that are best *in expectation*, where cross-entropy on the best one alone
learns the likeliest best. The risk compares candidates with each other only; the mean cross-entropy of the best one
keeps them likely among all texts. The prompt is read once for all candidates, gradients included. Knows no text.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

SHARPNESS = 1.0  # alpha: 1 takes the model's own probabilities
SPREAD = 0.1  # of a reward between good and poor summaries: brings the risk to the size of a loss in nats


def ranking_loss(
    model: torch.nn.Module,
    prompt_ids: Tensor,
    candidates: Sequence[Tensor],
    rewards: Tensor,
    *,
    sharpness: float = SHARPNESS,
    spread: float = SPREAD,
) -> Tensor:
    """Risk, less that of the mean reward (which has no gradient), plus cross-entropy a token of the best candidate.

    Args:
        prompt_ids: (P,).
        candidates: K tensors (S_k,), each with its end token.
        rewards: (K,).
    """
    log_p = log_probabilities(model, prompt_ids, candidates)  # (K,)
    weights = (sharpness * log_p).softmax(dim=0)
    risk = -(weights * (rewards - rewards.mean())).sum() / spread
    best = int(rewards.argmax())
    return risk - log_p[best] / len(candidates[best])


def log_probabilities(model: torch.nn.Module, prompt_ids: Tensor, candidates: Sequence[Tensor]) -> Tensor:
    """log p of each candidate after the prompt (K,), in nats; the prompt is read once."""
    prompt = model(input_ids=prompt_ids[None], use_cache=True, logits_to_keep=1)
    cache = prompt.past_key_values
    cache.batch_repeat_interleave(len(candidates))
    lengths = torch.tensor([len(candidate) for candidate in candidates], device=prompt_ids.device)
    ids = torch.nn.utils.rnn.pad_sequence(list(candidates), batch_first=True)  # (K, S); what follows an end is masked
    first = prompt.logits[:, -1:].float().expand(len(candidates), -1, -1)
    logits = model(input_ids=ids[:, :-1], past_key_values=cache, use_cache=True).logits.float()
    logits = torch.cat([first, logits], dim=1)
    losses = functional.cross_entropy(logits.flatten(0, 1), ids.flatten(), reduction="none").view_as(ids)  # (K, S)
    is_own = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
    return -(losses * is_own).sum(dim=1)
