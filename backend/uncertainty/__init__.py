"""From token scores to what a reviewer can use: phrases, reasons, source lines, calibrated risk.

In: the document's text, the summary and its scored tokens. Out: an `Analysis`, and from it calibrated
probabilities of an edit. Knows nothing of torch, the database or the screen.
What loads scikit-learn (`fit`, `metrics`, `recalibrate`) is imported from its own module.
"""

from backend.uncertainty.analyze import analyze, recheck
from backend.uncertainty.edit_model import EditModel, band, cold_start_model
from backend.uncertainty.judge import judge
from backend.uncertainty.phrases import Analysis, Omission, Phrase, Reason, SourceSpan
from backend.uncertainty.report import CalibrationReport, JudgedSummary
from backend.uncertainty.summary import Progress, ScoredSummary
from backend.uncertainty.tokens import Alternative, ScoredToken

__all__ = [
    "Alternative",
    "Analysis",
    "CalibrationReport",
    "EditModel",
    "JudgedSummary",
    "Omission",
    "Phrase",
    "Progress",
    "Reason",
    "ScoredSummary",
    "ScoredToken",
    "SourceSpan",
    "analyze",
    "band",
    "cold_start_model",
    "judge",
    "recheck",
]
