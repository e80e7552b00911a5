"""Summaries with exact labels for simulations, scored once with the real model and kept as JSONL.

In: a summarizer, generated documents. Out: `Case`s; a stopped run goes on where it was, a changed model starts anew,
mended checks, and labels, are made anew without it.
Scores at the weights themselves (MAP) stand beside those of the posterior, so that methods can be compared.
A summary is wrong where it states a wrong fact or a made-up word. The first calibration also counts what is left out,
so that before the first verdicts it expects more than is counted here.

Does not know how a case is decided about.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.corpus import GeneratedDocument, SummaryCheck, check_summary, generate
from backend.errors import DataError
from backend.evaluation.json_lines import append_lines
from backend.evaluation.own_summaries import DOCUMENTS_AT_ONCE, summarize_generated, wrong_phrases
from backend.language.decoding import DECODING_VERSION
from backend.laplace.scores import score_tokens
from backend.pipeline import Summarizer, batch_of
from backend.uncertainty import recheck
from backend.uncertainty.analyze import text_of
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.phrases import Analysis
from backend.uncertainty.serialization import analysis_from_json, analysis_to_json

_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Case:
    """One summary of a document whose facts are known.

    Attributes:
        key: names the document.
        analysis: phrases, omissions and features, scored with the posterior.
        edited: which phrases state a wrong fact or a made-up word.
        is_wrong: whether any statement does.
        missed: how many facts that it should carry it leaves out.
        map_confidence: geometric mean of the tokens' probabilities at the MAP weights.
        posterior_confidence: the same under the posterior predictive.
    """

    key: str
    analysis: Analysis
    edited: tuple[bool, ...]
    is_wrong: bool
    missed: int
    map_confidence: float
    posterior_confidence: float


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, in its order.

    Raises:
        DataError: when a line is no case, or of other features than this program computes.
    """
    if not path.is_file():
        raise DataError("simulation.no_cache", "There is no file {name}; make it with --score.", name=str(path))
    cases = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            cases.append(case_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                "simulation.cache",
                "Line {line} of {name} is not a scored summary of this version; delete that line, or the file.",
                name=str(path),
                line=number,
            ) from error
    return cases


def case_to_json(case: Case, *, model: str) -> dict[str, Any]:
    """A case as plain values, with what scored it."""
    return {
        "key": case.key,
        "model": model,
        "feature_version": FEATURE_VERSION,
        "is_wrong": case.is_wrong,
        "missed": case.missed,
        "map_confidence": case.map_confidence,
        "posterior_confidence": case.posterior_confidence,
        "edited": list(case.edited),
        "analysis": analysis_to_json(case.analysis),
    }


def case_from_json(values: dict[str, Any]) -> Case:
    """The case that `case_to_json` stored."""
    if values["feature_version"] != FEATURE_VERSION:
        raise ValueError("features of another version")
    return Case(
        key=values["key"],
        analysis=analysis_from_json(values["analysis"]),
        edited=tuple(bool(flag) for flag in values["edited"]),
        is_wrong=bool(values["is_wrong"]),
        missed=int(values["missed"]),
        map_confidence=float(values["map_confidence"]),
        posterior_confidence=float(values["posterior_confidence"]),
    )


def score_cases(summarizer: Summarizer, path: Path, *, count: int, seed: int, samples: int) -> Iterator[int]:
    """Score what is missing of `count` documents, batch by batch on the disk; yields how many are there.

    Raises:
        DataError: the file holds summaries of documents of another seed.
    """
    names = (summarizer.language.base_id, summarizer.language.adapter_id, summarizer.posterior_id, samples)
    lengths = (summarizer.max_document_tokens, summarizer.max_summary_tokens)
    model = "|".join(map(str, (*names, *lengths, f"decoding {DECODING_VERSION}")))
    done = _keep_finished(path, model=model)
    known = {one.id: one for one in generate(max(count, len(done)), seed=seed)}
    if done - known.keys():
        raise DataError(
            "simulation.other_seed",
            "{name} holds summaries of other documents than those of seed {seed}; name another file, or their seed.",
            name=str(path),
            seed=seed,
        )
    done = _check_anew(path, known, model=model) if done else done
    missing = [one for one in generate(count, seed=seed) if one.id not in done]
    yield count - len(missing)
    for start in range(0, len(missing), DOCUMENTS_AT_ONCE):
        part = missing[start : start + DOCUMENTS_AT_ONCE]
        append_lines(path, [case_to_json(case, model=model) for case in _score(summarizer, part, samples=samples)])
        yield count - len(missing) + start + len(part)


def _keep_finished(path: Path, *, model: str) -> set[str]:
    """Keys of this model's whole lines; a cut-off line and those of another model leave the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return set()
    keys, kept = set(), []
    for line in path.read_text("utf-8").splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            continue  # cut off by a kill
        if values.get("model") == model and values.get("feature_version") == FEATURE_VERSION:
            keys.add(values["key"])
            kept.append(line)
    path.write_text("".join(f"{line}\n" for line in kept), "utf-8")
    return keys


def _check_anew(path: Path, documents: Mapping[str, GeneratedDocument], *, model: str) -> set[str]:
    """Keys of the kept cases, each now with what the present checks find; no pass of the model is needed for that."""
    cases = []
    for case in read_cases(path):
        document = documents[case.key]
        analysis = recheck(case.analysis, document.document, language=document.language)
        if analysis is not None:
            check = check_summary(document, text_of(analysis))
            cases.append(replace(case, analysis=analysis, **_labels(analysis, check)))
    anew = path.with_name(f"{path.name}.anew")
    anew.unlink(missing_ok=True)
    append_lines(anew, [case_to_json(case, model=model) for case in cases])
    anew.replace(path)
    return {case.key for case in cases}


def _labels(analysis: Analysis, check: SummaryCheck) -> dict[str, Any]:
    edited = wrong_phrases(analysis, check)
    return {"edited": edited, "is_wrong": bool(check.errors), "missed": len(check.missed)}


def _score(summarizer: Summarizer, documents: Sequence[GeneratedDocument], *, samples: int) -> Iterator[Case]:
    for own in summarize_generated(summarizer, documents, samples=samples):
        at_map = score_tokens(summarizer.language.model, batch_of(own.prompt_ids, own.ids), {}, temperature=1.0)[0]
        yield Case(
            key=own.generated.id,
            analysis=own.scored.analysis,
            **_labels(own.scored.analysis, own.check),
            map_confidence=_geometric_mean([token.probability for token in at_map]),
            posterior_confidence=_geometric_mean([token.probability for token in own.scored.tokens]),
        )


def _geometric_mean(probabilities: Sequence[float]) -> float:
    product_log = sum(math.log(max(p, _SMALLEST)) for p in probabilities)
    return math.exp(product_log / len(probabilities))
