"""The dice of the corpus: limits, readings, dates and identifiers as they occur in a factory.

In: a `random.Random`. Out: plain values. Knows nothing of documents, wording or facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from backend.corpus.vocabulary import Characteristic

LETTERS = "ABCDEFGHJKLMNPRSTW"


@dataclass(frozen=True, slots=True)
class Limit:
    """A tolerance band; one side may be open. `nominal` is set where the form is nominal ± tolerance."""

    low: Decimal | None
    high: Decimal | None
    nominal: Decimal | None = None
    tolerance: Decimal | None = None

    def normal_form(self) -> str:
        """Return `low..high` with an empty open side."""
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"


def draw_limit(rng: Random, characteristic: Characteristic) -> Limit:
    """Draw a plausible limit of the characteristic."""
    start, width = Decimal(rng.choice(characteristic.nominals)), Decimal(rng.choice(characteristic.widths))
    if characteristic.form == "symmetric":
        return Limit(start - width, start + width, start, width)
    if characteristic.form == "range":
        return Limit(start, start + width)
    return Limit(None, start) if characteristic.form == "upper" else Limit(start, None)


def _quantize(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals))


def _margin(characteristic: Characteristic, limit: Limit) -> Decimal:
    """Half the band, or the typical distance of a reading from a single limit."""
    if limit.low is not None and limit.high is not None:
        return (limit.high - limit.low) / 2
    return Decimal(characteristic.widths[len(characteristic.widths) // 2])


def draw_reading(rng: Random, characteristic: Characteristic, limit: Limit) -> Decimal:
    """Draw a reading inside the limit."""
    margin, share = _margin(characteristic, limit), Decimal(str(round(rng.uniform(0.1, 0.8), 3)))
    if limit.high is None:
        return _quantize(limit.low + margin * (share + 1), characteristic.decimals)
    if limit.low is None:
        return _quantize(max(limit.high - margin * share, limit.high / 4), characteristic.decimals)
    sign = rng.choice((-1, 1))
    return _quantize((limit.low + limit.high) / 2 + sign * margin * share, characteristic.decimals)


def draw_excess(rng: Random, characteristic: Characteristic, limit: Limit) -> Decimal:
    """Draw a reading outside the limit, by a believable amount and by at least one step of the gauge."""
    step = Decimal(1).scaleb(-characteristic.decimals)
    excess = max(_margin(characteristic, limit) * Decimal(str(round(rng.uniform(0.15, 1.1), 3))), step)
    upwards = limit.low is None or (limit.high is not None and rng.random() < 0.6)
    reading = _quantize(limit.high + excess if upwards else limit.low - excess, characteristic.decimals)
    if limit.low is not None and limit.high is None and reading <= 0:
        return _quantize(limit.low / 2, characteristic.decimals)
    outside = reading > limit.high if upwards else reading < limit.low
    return reading if outside else reading + (step if upwards else -step)


def draw_day(rng: Random) -> date:
    """Draw a working day."""
    day = date(2023, 1, 9) + timedelta(days=rng.randrange(1080))
    return day - timedelta(days=max(0, day.weekday() - 4))


def draw_due(rng: Random, day: date) -> date:
    """Draw a due date some days to weeks after a day."""
    return day + timedelta(days=rng.choice((1, 2, 3, 5, 7, 7, 10, 14, 14, 21, 30)))


def draw_lot(rng: Random, day: date) -> str:
    """Draw a lot number in one of the usual styles."""
    letter, number, year = rng.choice(LETTERS), rng.randrange(100, 9999), day.year % 100
    return rng.choice(
        (
            f"L{year}{number:04d}",
            f"{year}{letter}{number % 1000:03d}",
            f"{letter}{number:04d}-{rng.randrange(1, 30):02d}",
            f"{year}{day.month:02d}-{number:04d}",
            f"{letter}{rng.choice(LETTERS)}{number:04d}",
            f"{number % 90 + 10}{letter}-{number}",
            f"{letter}{year}{day.month:02d}{day.day:02d}",
            f"H{number}",
        )
    )


def draw_nonconformance(rng: Random, day: date) -> str:
    """Draw the number of a nonconformance report."""
    prefix, year = rng.choice(("NCR", "NC", "QN")), rng.choice((f"{day.year % 100}-", ""))
    return f"{prefix}-{year}{rng.randrange(100, 999)}"


def draw_part(rng: Random) -> str:
    """Draw a part number in one of the usual styles."""
    letter, other = rng.choice(LETTERS), rng.choice(LETTERS)
    return rng.choice(
        (
            f"{rng.randrange(1000, 9999)}-{rng.randrange(10, 99)}",
            f"{letter}{other}-{rng.randrange(100, 999)}",
            f"{letter}{rng.randrange(1000, 9999)}",
            f"{letter}{other}{rng.randrange(100, 999)}-{rng.randrange(1, 9)}{rng.choice(LETTERS)}",
            f"{rng.randrange(100, 999)}-{rng.randrange(1000, 9999)}-{rng.randrange(10, 99)}",
            f"{letter}-{rng.randrange(1000, 99999)}",
        )
    )


def draw_weighted(rng: Random, weights: dict[str, float]) -> str:
    """Draw a key in proportion to its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]
