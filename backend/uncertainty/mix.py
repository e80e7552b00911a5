"""Whether documents of today are the sorts of documents that a figure was made on.

In: counts by sort, then and now. Out: the p-value of one mix, or nothing while there are too few to say.
Pearson's χ² on the table of both, sorts with fewer than 5 expected cases pooled. Knows nothing of what a sort is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2_contingency

#: Below this p-value two mixes are called different; a certificate is then void.
DIFFERENT_BELOW = 0.01
#: With fewer new documents than this nothing is said.
LEAST_NEW = 30
_LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class MixTest:
    """The test of two mixes; `p_value` is 1 when it could not be made."""

    before: int
    after: int
    p_value: float

    @property
    def is_different(self) -> bool:
        """Whether the mix has changed by the rule of this module."""
        return self.p_value < DIFFERENT_BELOW


def compare_mixes(before: Mapping[str, int], after: Mapping[str, int]) -> MixTest:
    """χ² of "the same mix". A sort that is new, and frequent, is a difference like any other."""
    totals = sum(before.values()), sum(after.values())
    if totals[0] < LEAST_NEW or totals[1] < LEAST_NEW:
        return MixTest(*totals, p_value=1.0)
    table = np.array([[side.get(sort, 0) for sort in sorted({*before, *after})] for side in (before, after)], float)
    expected = table.sum(axis=0) * min(totals) / sum(totals)  # the smaller of the two cells of each sort
    rare = expected < _LEAST_EXPECTED
    columns = [table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)]
    pooled = np.hstack(columns)
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return MixTest(*totals, p_value=1.0)
    return MixTest(*totals, p_value=float(chi2_contingency(pooled, correction=False).pvalue))
