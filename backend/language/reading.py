"""A document's text → the request that the model reads: condensed where it is too long, laid into the prompt.

The one way from text to prompt, for training, fitting, writing and scoring alike. Knows nothing of files or weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from backend.language.condense import Excerpt, condense
from backend.language.prompts import Prompt, build_prompt, encode_text


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model reads of a document, and the token ids of the whole request."""

    excerpt: Excerpt
    prompt: Prompt


def read_for_model(
    tokenizer: PreTrainedTokenizerBase, text: str, *, kind: str, language: str, max_tokens: int
) -> Reading:
    """Condense `text` to `max_tokens` and build the request for its kind and language."""

    def count(part: str) -> int:
        return len(encode_text(tokenizer, part))

    excerpt = condense(text, max_tokens=max_tokens, count_tokens=count)
    prompt = build_prompt(tokenizer, encode_text(tokenizer, excerpt.text), kind=kind, language=language)
    return Reading(excerpt, prompt)
