"""Documents, tokens and judged summaries that several tests of this room use."""

from __future__ import annotations

import re

import numpy as np

from backend.uncertainty.analyze import analyze
from backend.uncertainty.edit_model import EditModel
from backend.uncertainty.features import PHRASE_FEATURE_NAMES, SUMMARY_FEATURE_NAMES
from backend.uncertainty.phrases import Analysis, Phrase
from backend.uncertainty.report import JudgedSummary
from backend.uncertainty.tokens import Alternative, ScoredToken

LOG_EN = """INSPECTION LOG  Lot A-4021
Date: 2026-03-12  Inspector: Tanaka
Part SH-200 outer diameter 12.40 ±0.05 mm
S1 12.41 mm OK
S2 12.47 mm NG
S3 12.39 mm OK
Surface roughness Ra 1.6 µm, runout ≤ 0.8 mm
Sample size 1,234 pcs
No cracks found in visual inspection.
Lot A-4022 on hold until the customer replies.
Open item: gauge calibration to be confirmed."""

LOG_JA = """検査記録 ロットA-4021
日付 2026年3月12日
外径 12.40±0.05 mm
No.1 12.41 mm 合格
No.2 12.47 mm 不合格
数量 12万個
外観 異常なし
ロットA-4022は保留。
是正処置は未完了。"""


def score_tokens(text: str, *, probability: float = 0.9, information_nats: float = 0.01) -> tuple[ScoredToken, ...]:
    """Tokens of at most four characters, all with the same scores."""
    return tuple(
        ScoredToken(
            text=match.group(),
            start_char=match.start(),
            end_char=match.end(),
            probability=probability,
            entropy_nats=0.3,
            expected_entropy_nats=0.3 - min(0.3, information_nats),
            mutual_information_nats=information_nats,
            logit_variance=0.2,
            alternatives=(
                Alternative(match.group(), probability),
                Alternative("other", (1 - probability) / 2),
            ),
        )
        for match in re.finditer(r"\s*\S{1,4}|\s+", text)
    )


def analyze_en(summary: str, document: str = LOG_EN) -> Analysis:
    """The analysis of an English summary with unremarkable tokens."""
    return analyze(document, summary=summary, tokens=score_tokens(summary), language="en")


def analyze_ja(summary: str, document: str = LOG_JA) -> Analysis:
    """The analysis of a Japanese summary with unremarkable tokens."""
    return analyze(document, summary=summary, tokens=score_tokens(summary), language="ja")


def codes(analysis: Analysis, text: str) -> list[str]:
    """Reason codes of the first phrase that contains the text."""
    return [reason.code for reason in phrase_with(analysis, text).reasons]


def phrase_with(analysis: Analysis, text: str) -> Phrase:
    """The first phrase that contains the text."""
    return next(phrase for phrase in analysis.phrases if text in phrase.text)


def draw_analysis(generator: np.random.Generator, phrases: int = 12) -> Analysis:
    """An analysis with random but plausible features."""
    drawn = []
    for number in range(phrases):
        surprisal = float(generator.exponential(0.7))
        is_ungrounded = float(generator.random() < 0.12)
        features = dict.fromkeys(PHRASE_FEATURE_NAMES, 0.0) | {
            "max_surprisal_nats": surprisal,
            "mean_surprisal_nats": surprisal / 2,
            "first_surprisal_nats": surprisal * float(generator.random()),
            "max_entropy_nats": float(generator.exponential(0.5)),
            "max_mutual_information_nats": float(generator.exponential(0.05)),
            "min_margin_nats": float(generator.normal(2, 1)),
            "is_words": 1.0,
            "is_ungrounded": is_ungrounded,
            "is_grounded": 1 - is_ungrounded,
            "novelty": float(generator.random() < 0.2),
        }
        drawn.append(Phrase(number * 5, number * 5 + 4, "word", "words", features))
    ungrounded = sum(phrase.features["is_ungrounded"] for phrase in drawn)
    summary = dict.fromkeys(SUMMARY_FEATURE_NAMES, 0.0) | {"log1p_ungrounded": float(np.log1p(ungrounded))}
    return Analysis(tuple(drawn), (), summary)


def draw_judged(
    truth: EditModel, count: int, *, seed: int, phrases: int = 12, shift: float = 0.0
) -> list[JudgedSummary]:
    """Summaries whose phrases are edited with the probabilities of a model, its logits shifted."""
    generator = np.random.default_rng(seed)
    judged = []
    for number in range(count):
        analysis = draw_analysis(generator, phrases)
        p = np.array(truth.edit_probabilities(analysis))
        p = 1 / (1 + (1 - p) / p * np.exp(-shift))
        edited = tuple(bool(flag) for flag in generator.random(phrases) < p)
        judged.append(JudgedSummary(f"document-{number}", analysis, edited, any(edited)))
    return judged
