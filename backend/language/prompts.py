"""A document of a known kind and language → the token ids that the model reads, and back to offsets.

The document's text is hostile: special-token strings inside it are read as ordinary characters, so no document
can close its own turn or open another. Knows nothing of adapters, scores or the database.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

INSTRUCTIONS = {
    ("inspection_log", "en"): "Summarize this inspection log.",
    ("specification", "en"): "Summarize this specification draft.",
    ("report", "en"): "Summarize this report.",
    ("inspection_log", "ja"): "この検査記録を要約:",
    ("specification", "ja"): "この仕様書案を要約:",
    ("report", "ja"): "この報告を要約:",
}
SYSTEM = "You summarize quality records."
_MARK = "\u241e"  # stands for the text while the chat template is laid out


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids of one request, and where the document's tokens lie in them (half-open)."""

    ids: tuple[int, ...]
    document_start: int
    document_end: int


def instruction(*, kind: str, language: str) -> str:
    """The request in words; an unknown kind or language reads as an English report."""
    return INSTRUCTIONS.get((kind, language)) or INSTRUCTIONS.get((kind, "en")) or INSTRUCTIONS["report", "en"]


def encode_text(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Ids of hostile text: no special token can come out of it."""
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def lay_out(
    tokenizer: PreTrainedTokenizerBase, *, system: str, before: str, answer: str
) -> tuple[list[int], list[int]]:
    """Ids before and after a hostile text that stands alone, behind `before`, in what a user says to the model.

    The model's own chat template is used, or a plain one where it has none, which asks for the `answer` by name.
    """
    if tokenizer.chat_template:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": f"{before}{_MARK}"}]
        laid_out = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    else:
        laid_out = f"{before}{_MARK}\n\n{answer}:\n"
    head, tail = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in laid_out.split(_MARK))
    return head, tail


def build_prompt(tokenizer: PreTrainedTokenizerBase, document_ids: list[int], *, kind: str, language: str) -> Prompt:
    """Lay the document's ids into the model's own chat template, or a plain one where it has none."""
    before = f"{instruction(kind=kind, language=language)}\n\n"
    head, tail = lay_out(tokenizer, system=SYSTEM, before=before, answer="Summary")
    ids = (*head, *document_ids, *tail)
    return Prompt(ids=ids, document_start=len(head), document_end=len(head) + len(document_ids))
