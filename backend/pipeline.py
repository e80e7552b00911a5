"""A document → its summary with the uncertainty of every token and phrase: language, Laplace and uncertainty joined.

In: a `Document`. Out: a `ScoredSummary` of plain values; no tensor leaves. Knows nothing of the database or the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from backend.config import DEFAULT_MODEL, Settings
from backend.documents.document import Document
from backend.errors import ModelError
from backend.language.decoding import Start, write_summary
from backend.language.loading import LanguageModel, load_language_model
from backend.language.pieces import decode, text_pieces
from backend.language.prompts import encode_text
from backend.language.provision import Report, ensure_default_model
from backend.language.reading import Reading, read_for_model
from backend.laplace.posterior import Posterior
from backend.laplace.prefix import Prefix, RecentPrefixes, can_keep_prefix
from backend.laplace.scores import TokenScore, draw_deviations, score_text, score_tokens
from backend.laplace.step import DEFAULT_STEP, Step, check_step, step_from_json
from backend.laplace.storage import load as load_posterior
from backend.uncertainty import Alternative, Analysis, Progress, ScoredSummary, ScoredToken, analyze
from backend.uncertainty.summary import UNUSUAL

DEFAULT_ADAPTER_DIR = Path(__file__).parent / "assets" / "default"
POSTERIOR_FOLDER = "posterior"  # beside the adapter's own files
SAMPLING_SEED = 0  # one coherent set of weight samples: the same document always gets the same scores

CHECK_TEXT = "Inspection log. Lot 4711: bore 3 measured 12.61 mm, limit 12.40 mm, not accepted. Lot 4712 accepted."

OnProgress = Callable[[Progress], None]


def _ignore(progress: Progress) -> None:
    """Progress nobody asked for."""


def _is_never_unusual(text: str) -> bool:
    """Where nobody says what is familiar."""
    return False


@dataclass
class Summarizer:
    """Writes and scores summaries with one model, adapter and posterior.

    Attributes:
        posterior_id: name of the posterior in the records.
        max_document_tokens: longer documents are condensed, and the summary's notes say so.
        max_summary_tokens: longest summary.
        temperature: of the predictive, chosen with the posterior on held-out tokens.
        step: how tangents are taken, as it was checked for this posterior.
        is_unusual: whether a document is of another kind than the scores were learned on; its summary gets a note.
    """

    language: LanguageModel
    posterior: Posterior
    posterior_id: str
    max_document_tokens: int
    max_summary_tokens: int
    temperature: float = 1.0
    step: Step = DEFAULT_STEP
    is_unusual: Callable[[str], bool] = _is_never_unusual
    _deviations: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)
    _recent: RecentPrefixes = field(default_factory=RecentPrefixes)

    def summarize(self, document: Document, *, samples: int, on_progress: OnProgress = _ignore) -> ScoredSummary:
        """Write a summary and score it.

        Args:
            samples: K, posterior samples of the logits; 0 scores at the MAP weights alone.
            on_progress: told what is going on; may raise to stop.

        Raises:
            ModelError: the model wrote nothing.
        """
        started = time.perf_counter()
        reading = self.read(document)
        prompt_ids = reading.prompt.ids
        on_progress(Progress("reading", 0, len(prompt_ids)))

        def tell(ids: list[int]) -> None:
            text = decode(self.language.tokenizer, ids).lstrip()
            on_progress(Progress("writing", len(ids), self.max_summary_tokens, text))

        ids = self.write_ids(prompt_ids, samples=samples, on_token=tell)
        if not decode(self.language.tokenizer, ids).strip():
            raise ModelError(
                "summary.empty",
                "The model wrote nothing about this document. Paste the part that matters, in whole sentences.",
            )
        seconds = time.perf_counter() - started
        scored = self.score_written(document, reading, ids, samples=samples, on_progress=on_progress)
        return replace(scored, seconds={**scored.seconds, "generate": seconds})

    def score(
        self, document: Document, *, summary: str, samples: int, on_progress: OnProgress = _ignore
    ) -> ScoredSummary:
        """Score a summary that somebody else wrote, or a corrected one, of the same document."""
        ids = encode_text(self.language.tokenizer, summary)
        return self.score_written(document, self.read(document), ids, samples=samples, on_progress=on_progress)

    def write_ids(
        self,
        prompt_ids: Sequence[int],
        *,
        samples: int,
        max_tokens: int | None = None,
        on_token: Callable[[list[int]], None] = lambda ids: None,
        end_ids: Collection[int] | None = None,
    ) -> list[int]:
        """Tokens of a summary; what the samples need of the prompt is read in the same pass and kept for scoring."""
        prefix = self._prefix(prompt_ids, samples)
        options = {"max_tokens": max_tokens or self.max_summary_tokens, "on_token": on_token, "end_ids": end_ids}
        if prefix is None:
            return write_summary(self.language, prompt_ids, **options)
        with prefix.writing():
            return write_summary(self.language, prompt_ids, start=Start(*prefix.map_start()), **options)

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        ids: Sequence[int],
        *,
        samples: int,
        on_samples: Callable[[int], None] = lambda samples_done: None,
    ) -> list[TokenScore]:
        """Scores of the tokens `ids` after a prompt, before any text is made of them."""
        options = {"temperature": self.temperature, "on_samples": on_samples}
        prefix = self._prefix(prompt_ids, samples)
        if prefix is not None:
            return score_text(prefix, ids, **options)
        batch, drawn = batch_of(prompt_ids, ids), self.draw(samples)
        return score_tokens(self.language.model, batch, drawn, step=self.step, **options)[0]

    def read_prompt(self, prompt_ids: Sequence[int], *, samples: int) -> None:
        """Read a prompt ahead of writing and scoring; does nothing where it is still known."""
        self._prefix(prompt_ids, samples)

    def forget_prompts(self) -> None:
        """Let go of what is kept of the documents read last."""
        self._recent = RecentPrefixes()

    def read(self, document: Document) -> Reading:
        """The request for a document."""
        return read_for_model(
            self.language.tokenizer,
            document.text,
            kind=document.kind,
            language=document.language,
            max_tokens=self.max_document_tokens,
        )

    def score_written(
        self,
        document: Document,
        reading: Reading,
        ids: Sequence[int],
        *,
        samples: int,
        on_progress: OnProgress = _ignore,
    ) -> ScoredSummary:
        """Score the tokens `ids` that were written for a reading of the document."""
        started = time.perf_counter()
        text = "".join(trim(text_pieces(self.language.tokenizer, ids)))
        on_progress(Progress("scoring", 0, samples, text))
        scores = self.score_ids(
            reading.prompt.ids,
            ids,
            samples=samples,
            on_samples=lambda done: on_progress(Progress("scoring", min(done, samples), samples, text)),
        )
        tokens, analysis = self.analyze_scores(document.text, ids, scores, language=document.language)
        notes = () if reading.excerpt.is_complete else ("document.truncated",)
        return ScoredSummary(
            text=text,
            tokens=tokens,
            analysis=analysis,
            base=self.language.base_id,
            adapter=self.language.adapter_id,
            posterior=self.posterior_id,
            samples=samples,
            seconds={"generate": 0.0, "score": time.perf_counter() - started},
            notes=(*notes, UNUSUAL) if self.is_unusual(document.text) else notes,
        )

    def analyze_scores(
        self, document_text: str, ids: Sequence[int], scores: Sequence[TokenScore], *, language: str
    ) -> tuple[tuple[ScoredToken, ...], Analysis]:
        """The summary's tokens with their scores as text, and what they say about its phrases."""
        pieces = trim(text_pieces(self.language.tokenizer, ids))
        tokens = self._tokens(pieces, scores)
        return tokens, analyze(document_text, summary="".join(pieces), tokens=tokens, language=language)

    def draw(self, samples: int) -> dict[str, torch.Tensor]:
        """The deviations behind so many samples: always the same ones."""
        if samples == 0:
            return {}
        if samples not in self._deviations:
            drawn = draw_deviations(self.posterior, samples=samples, seed=SAMPLING_SEED)
            self._deviations = {samples: {name: value.float() for name, value in drawn.items()}}
        return self._deviations[samples]

    def _prefix(self, prompt_ids: Sequence[int], samples: int) -> Prefix | None:
        """What is kept of a prompt, read now if need be; None where the model or the step does not allow it."""
        model = self.language.model
        if self.step.is_exact or not can_keep_prefix(model):
            return None
        ids = torch.tensor([list(prompt_ids)])

        def read() -> Prefix:
            return Prefix(model, ids, torch.ones_like(ids), self.draw(samples), epsilon=self.step.epsilon)

        return self._recent.get((tuple(prompt_ids), samples), read)

    def _tokens(self, pieces: Sequence[str], scores: Sequence[TokenScore]) -> tuple[ScoredToken, ...]:
        tokens, start = [], 0
        for piece, score in zip(pieces, scores, strict=True):
            others = tuple(
                Alternative(text=decode(self.language.tokenizer, [token]), probability=probability)
                for token, probability in score.alternatives
            )
            tokens.append(
                ScoredToken(
                    text=piece,
                    start_char=start,
                    end_char=start + len(piece),
                    probability=score.probability,
                    entropy_nats=score.entropy_nats,
                    expected_entropy_nats=score.expected_entropy_nats,
                    mutual_information_nats=score.mutual_information_nats,
                    logit_variance=score.logit_variance,
                    alternatives=others,
                )
            )
            start += len(piece)
        return tuple(tokens)


def load_summarizer(settings: Settings, *, report: Report = lambda stage, share: None) -> Summarizer:
    """Everything from disk (the default base model from the package registry on first use).

    Raises:
        ModelError: model, adapter or posterior is missing, damaged, or does not belong to the others.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    source = base_source(settings, report=report)
    report("load", 1.0)
    adapter_dir = adapter_folder(settings)
    language = load_language_model(source, base_id=settings.model, adapter_dir=adapter_dir)
    posterior, record = load_posterior(adapter_dir / POSTERIOR_FOLDER, adapter=language.adapter_id)
    return Summarizer(
        language=language,
        posterior=posterior,
        step=_step_of(language, posterior, record),
        posterior_id=str(record.get("name", "")),
        max_document_tokens=settings.max_document_tokens,
        max_summary_tokens=settings.max_summary_tokens,
        temperature=float(record.get("temperature", 1.0)),
    )


def _step_of(language: LanguageModel, posterior: Posterior, record: Mapping[str, object]) -> Step:
    """The step that was checked when the posterior was fitted; an older record has none, and it is checked now."""
    if "tangents" in record:
        return step_from_json(record["tangents"])
    ids = encode_text(language.tokenizer, CHECK_TEXT)
    half = len(ids) // 2
    return check_step(
        language.model, batch_of(ids[:half], ids[half:]), draw_deviations(posterior, samples=2, seed=SAMPLING_SEED)
    )


def base_source(settings: Settings, *, report: Report = lambda stage, share: None) -> str:
    """Folder or hub name of the base model; the default one is made on first use."""
    if settings.model == DEFAULT_MODEL:
        return str(ensure_default_model(settings.models_dir, report=report))
    return settings.model


def adapter_folder(settings: Settings) -> Path:
    """Folder of the adapter in use: the chosen one, or the one that ships with the default model.

    Raises:
        ModelError: another base model has no adapter yet.
    """
    if settings.adapter is not None:
        return settings.adapter
    if settings.model != DEFAULT_MODEL:
        raise ModelError(
            "model.no_adapter",
            "The model {model} has no adapter yet. Make one with `tashika train` and `tashika fit`, "
            "then set TASHIKA_ADAPTER to its folder.",
            model=settings.model,
        )
    return DEFAULT_ADAPTER_DIR


def batch_of(prompt_ids: Sequence[int], target_ids: Sequence[int]) -> dict[str, torch.Tensor]:
    """One sequence as a batch whose targets are the summary's tokens."""
    ids = torch.tensor([[*prompt_ids, *target_ids]])
    return {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "labels": torch.tensor([list(target_ids)]),
    }


def trim(pieces: Sequence[str]) -> list[str]:
    """Pieces whose text together has no space at either end."""
    trimmed = list(pieces)
    for index, piece in enumerate(trimmed):
        trimmed[index] = piece.lstrip()
        if trimmed[index]:
            break
    for index in reversed(range(len(trimmed))):
        trimmed[index] = trimmed[index].rstrip()
        if trimmed[index]:
            break
    return trimmed
