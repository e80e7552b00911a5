"""Days of work with simulated reviewers: what each method sends to people, and what it lets through.

In: cases with true labels, a plan. Out: figures by day and method, and their reviews at equal escapes.

Every method has a world of its own with the same documents in the same order and the same people. Documents arrive,
what is riskier than the threshold (or drawn for an audit) goes to a person, people judge by the true label and err, and
every evening the method learns from its own verdicts and sets the threshold anew: the highest whose accepted summaries
were wrong in at most the wanted share, by verdicts weighted by one over their probability. The last figure needs no
luck with a threshold: with what was learned from the first verdicts, how few reviews of the *later* documents leave
`escape_rate` of them wrong and unseen?

Does not know how cases are scored or where they are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.errors import DataError
from backend.evaluation.errors_metrics import Resamples, draw_resamples
from backend.evaluation.simulation_cache import Case
from backend.evaluation.simulation_methods import Method, Scorer, Verdict
from backend.review.policy.decide import audit_draw, decide
from backend.uncertainty.metrics import CoveragePoint, RiskCoverage, ece, risk_coverage
from backend.uncertainty.report import JudgedSummary

#: Everything goes to a person until so many verdicts are there.
FIRST_VERDICTS = 40
#: Features of a phrase that the checks speak against.
_FLAGS = ("is_ungrounded", "is_of_other_item")
#: At least so many documents a day, or a day says nothing.
LEAST_A_DAY = 5
#: Of the later documents, for intervals.
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """How the days go.

    Attributes:
        reviewers: how many people; each has an own error rate and speed.
        days: over how many days the documents arrive.
        escape_rate: share of the documents that may be wrong and unseen.
        audit_share: share of confident summaries that goes to a person, too.
        learned_from: verdicts after which the methods are compared.
        minute_price: of a minute of review.
        missed_price: of a wrong summary that nobody saw.
        seed: of the order of documents, the people and their errors.
    """

    reviewers: int
    days: int
    escape_rate: float = 0.05
    audit_share: float = 0.05
    learned_from: int = 300
    minute_price: float = 1.0
    missed_price: float = 100.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one method; `ece` is that of its risks against the true labels of the day."""

    day: int
    documents: int
    reviews: int
    escapes: int
    minutes: float
    cost: float
    ece: float
    threshold: float
    verdicts: int


@dataclass(frozen=True, slots=True)
class MethodResult:
    """A method's days, and what it takes on later documents at equal escapes.

    `review_share` and `review_reduction` (against the first method) are None when no document is left to compare on.
    `escape_rate` is the one reached there. The two intervals are of 95 %, over the later documents, resampled in pairs
    with the first method; what was learned before them stays as it is.
    """

    method: str
    days: tuple[Day, ...]
    review_share: float | None = None
    escape_rate: float | None = None
    review_reduction: float | None = None
    aurc: float | None = None
    review_share_interval: tuple[float, float] | None = None
    review_reduction_interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Person:
    misses: float
    false_alarms: float
    seconds: float


def simulate(cases: Sequence[Case], *, methods: Sequence[Method], plan: Plan) -> tuple[MethodResult, ...]:
    """Every method's days, the first method being the one to compare with.

    Raises:
        DataError: when there are fewer cases than `LEAST_A_DAY` a day.
    """
    if len(cases) < LEAST_A_DAY * plan.days:
        raise DataError(
            "simulation.too_few",
            "There are {count} summaries; {days} days need at least {least}.",
            count=len(cases),
            days=plan.days,
            least=LEAST_A_DAY * plan.days,
        )
    generator, ordered = _arrivals(cases, plan)
    people = [
        _Person(generator.uniform(0.02, 0.1), generator.uniform(0.0, 0.04), generator.uniform(60, 240))
        for _ in range(plan.reviewers)
    ]
    results = [MethodResult(one.name, _live(ordered, method=one, people=people, plan=plan)) for one in methods]
    if len(ordered) - plan.learned_from < LEAST_A_DAY:
        return tuple(results)
    return tuple(_compare(results, methods, cases=ordered, people=people, plan=plan))


def perfect_share(cases: Sequence[Case], *, plan: Plan) -> float | None:
    """The least share of the later documents that any method must send to a person, one that knows the truth, too."""
    later = later_cases(cases, plan=plan)
    if len(later) < LEAST_A_DAY:
        return None
    return max(0.0, float(np.mean([case.is_wrong for case in later])) - plan.escape_rate)


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """How many wrong phrases there are and how many of them the checks flag; the same of right ones."""

    wrong: int
    wrong_flagged: int
    right: int
    right_flagged: int


def check_figures(cases: Sequence[Case]) -> CheckFigures:
    """What the checks against the document alone find; a phrase is flagged where they speak against it."""
    phrases = [
        (is_wrong, any(phrase.features[name] for name in _FLAGS))
        for case in cases
        for is_wrong, phrase in zip(case.edited, case.analysis.phrases, strict=True)
    ]
    flagged = [is_wrong for is_wrong, is_flagged in phrases if is_flagged]
    wrong = sum(is_wrong for is_wrong, _ in phrases)
    return CheckFigures(wrong, sum(flagged), len(phrases) - wrong, len(flagged) - sum(flagged))


@dataclass(frozen=True, slots=True)
class FirstDecisions:
    """Summaries that a threshold lets through before the first verdict; those that are wrong; wrong or incomplete."""

    threshold: float
    documents: int
    accepted: int
    wrong: int
    wrong_or_incomplete: int


def first_decisions(cases: Sequence[Case], scorer: Scorer, *, threshold: float) -> FirstDecisions:
    """What a threshold does with all documents by the scorer that nobody has taught yet."""
    accepted = [case for case in cases if scorer(case) < threshold]
    return FirstDecisions(
        threshold=threshold,
        documents=len(cases),
        accepted=len(accepted),
        wrong=sum(case.is_wrong for case in accepted),
        wrong_or_incomplete=sum(case.is_wrong or case.missed > 0 for case in accepted),
    )


def later_cases(cases: Sequence[Case], *, plan: Plan) -> list[Case]:
    """The documents that the methods are compared on."""
    return _arrivals(cases, plan)[1][plan.learned_from :]


def _arrivals(cases: Sequence[Case], plan: Plan) -> tuple[np.random.Generator, list[Case]]:
    """The documents in the order in which they come, and what further chance is drawn from."""
    generator = np.random.default_rng(plan.seed)
    return generator, [cases[i] for i in generator.permutation(len(cases))]


def least_reviews(
    risks: np.ndarray, wrong: np.ndarray, *, escape_rate: float, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """The least share that must be reviewed so that few of all are wrong and unseen, and the share that then is.

    Args:
        risks: (N,); equal ones are accepted together.
        wrong: (N,), booleans.
        escape_rate: allowed share of all.
        weights: (N,), how much each counts; all alike by default.
    """
    allowed = _within(risk_coverage(risks, wrong, weights), escape_rate=escape_rate)
    return (1.0 - allowed[-1].coverage, allowed[-1].coverage * allowed[-1].wrong_share) if allowed else (1.0, 0.0)


def _within(curve: RiskCoverage, *, escape_rate: float) -> list[CoveragePoint]:
    """The points, by rising threshold, where at most so many of all are accepted and wrong."""
    return [point for point in curve.points if point.coverage * point.wrong_share <= escape_rate]


def _compare(
    results: Sequence[MethodResult],
    methods: Sequence[Method],
    *,
    cases: Sequence[Case],
    people: Sequence[_Person],
    plan: Plan,
) -> Iterator[MethodResult]:
    """The results with what each method, having learned from the first verdicts, takes on the later documents."""
    first, later = cases[: plan.learned_from], cases[plan.learned_from :]
    given = [_judge(case, people, probability=1.0, seed=plan.seed)[0] for case in first]
    wrong = np.array([case.is_wrong for case in later])
    resamples = draw_resamples(len(later), samples=RESAMPLES, seed=plan.seed)
    reference: np.ndarray | None = None  # shares of the first method: the documents as they are, then every resample
    for result, method in zip(results, methods, strict=True):
        scorer = method.learn(method.first, given)
        risks = np.array([scorer(case) for case in later])
        shares, escapes = np.array(
            [least_reviews(risks, wrong, escape_rate=plan.escape_rate, weights=one) for one in resamples.counts]
        ).T
        reference = shares if reference is None else reference
        reductions = 1.0 - np.divide(shares, reference, out=np.ones_like(shares), where=reference > 0)
        yield replace(
            result,
            review_share=float(shares[0]),
            escape_rate=float(escapes[0]),
            review_reduction=float(reductions[0]) if reference[0] > 0 else None,
            aurc=risk_coverage(risks, wrong).aurc,
            review_share_interval=_bounds(shares, resamples),
            review_reduction_interval=_bounds(reductions, resamples),
        )


def _bounds(values: np.ndarray, resamples: Resamples) -> tuple[float, float]:
    found = resamples.interval(values)
    return found.low, found.high


def _live(cases: Sequence[Case], *, method: Method, people: Sequence[_Person], plan: Plan) -> tuple[Day, ...]:
    """All days, learning every evening."""
    scorer, threshold = method.first, 0.0
    verdicts: list[Verdict] = []
    days: list[Day] = []
    for number, part in enumerate(np.array_split(np.arange(len(cases)), plan.days), start=1):
        today = [cases[i] for i in part]
        day, given = _live_a_day(today, number, scorer=scorer, threshold=threshold, people=people, plan=plan)
        verdicts += given
        days.append(day)
        if len(verdicts) >= FIRST_VERDICTS:
            scorer = method.learn(scorer, verdicts)
            threshold = _choose_threshold(scorer, verdicts, plan=plan)
    return tuple(days)


def _live_a_day(
    today: Sequence[Case], number: int, *, scorer: Scorer, threshold: float, people: Sequence[_Person], plan: Plan
) -> tuple[Day, list[Verdict]]:
    """Decide about a day's documents and let people judge those that were sent to them."""
    risks = [float(np.clip(scorer(case), 0.0, 1.0)) for case in today]
    given, escapes, seconds = [], 0, 0.0
    for case, risk in zip(today, risks, strict=True):
        outcome = decide(
            risk, threshold=threshold, audit_share=plan.audit_share, draw=audit_draw(case.key, policy=plan.seed)
        )
        if outcome.decision == "review":
            verdict, spent, missed = _judge(case, people, probability=outcome.review_probability, seed=plan.seed)
            given.append(verdict)
            seconds += spent
            escapes += missed
        else:
            escapes += case.is_wrong
    wrong = [case.is_wrong for case in today]
    minutes = seconds / 60
    day = Day(
        day=number,
        documents=len(today),
        reviews=len(given),
        escapes=escapes,
        minutes=minutes,
        cost=minutes * plan.minute_price + escapes * plan.missed_price,
        ece=ece(risks, wrong),
        threshold=threshold,
        verdicts=len(given),
    )
    return day, given


def _judge(case: Case, people: Sequence[_Person], *, probability: float, seed: int) -> tuple[Verdict, float, bool]:
    """A verdict, the seconds it took, and whether an error passed; the same in every method's world."""
    draws = np.random.default_rng([seed, *case.key.encode()])
    person = people[draws.integers(len(people))]
    is_found = case.is_wrong and draws.random() >= person.misses
    is_alarm = not case.is_wrong and draws.random() < person.false_alarms
    edited = list(case.edited) if is_found else [False] * len(case.edited)
    if is_alarm and edited:
        edited[draws.integers(len(edited))] = True
    judged = JudgedSummary(case.key, case.analysis, tuple(edited), bool(is_found or is_alarm), 1.0 / probability)
    return Verdict(case, judged), person.seconds * draws.uniform(0.5, 1.5), bool(case.is_wrong and not is_found)


def _choose_threshold(scorer: Scorer, verdicts: Sequence[Verdict], *, plan: Plan) -> float:
    """The highest threshold below which at most `escape_rate` of all documents are wrong, by weighted verdicts."""
    curve = risk_coverage(
        [scorer(one.case) for one in verdicts],
        [one.judged.is_wrong for one in verdicts],
        [one.judged.weight for one in verdicts],
    )
    allowed = _within(curve, escape_rate=plan.escape_rate)
    return min(1.0, allowed[-1].threshold) if allowed else 0.0
