"""Sampling stops when the decision is settled, and says no more than it knows."""

import pytest
import torch

from backend.laplace.adaptive import Rule, merged, settle, take_looks
from backend.laplace.scores import PredictiveSums

IDS = (0, 3, 10, 5)


def chunks_of(seed, count=32, spread=1.0, taken=None):
    """Four tangents at a time, as a prefix yields them."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 4, 11, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for _ in range(count // 4):
        if taken is not None:
            taken.append(4)
        yield logits, spread * torch.randn(4, 1, 4, 11, generator=generator, dtype=torch.float64)


def doubt(scores):
    return max(score.mutual_information_nats for score in scores)


def risk_at(seed, samples):
    sums = PredictiveSums(next(chunks_of(seed))[0][0], torch.tensor(IDS))
    for _, tangents in chunks_of(seed, count=samples // 2):
        sums.add(tangents[:, 0])
    return doubt(sums.scores())


def stop(seed, threshold, **options):
    return settle(chunks_of(seed, **options), IDS, risk=doubt, rule=Rule(threshold))


def test_a_clear_case_stops_at_the_first_look_and_computes_no_more():
    taken = []
    found = stop(1, 50.0, taken=taken)
    assert Rule(50.0).is_settled(found)
    assert found.samples == 8
    assert taken == [4]


def test_a_case_at_the_threshold_takes_all_samples():
    full = risk_at(1, 64)
    found = stop(1, full)
    assert found.samples == 64
    assert found.risk == pytest.approx(full)


def test_scores_are_those_of_all_samples_so_far():
    found = stop(1, 50.0)
    assert found.risk == pytest.approx(risk_at(1, 8))


def test_few_decisions_change_and_many_samples_are_saved():
    threshold = sum(risk_at(seed, 64) for seed in range(20)) / 20 * 0.9
    pairs = [(stop(seed, threshold), risk_at(seed, 64)) for seed in range(40)]
    changed = sum((found.risk > threshold) != (full > threshold) for found, full in pairs)
    assert changed <= 3
    assert sum(found.samples for found, _ in pairs) / 40 < 64


def test_merged_groups_are_the_sums_of_all():
    (logits, tangents), *_ = chunks_of(1)
    ids = torch.tensor(IDS)
    whole, first, second = (PredictiveSums(logits[0], ids) for _ in range(3))
    whole.add(tangents[:, 0])
    first.add(tangents[:1, 0])
    second.add(tangents[1:, 0])
    for one, other in zip(merged([first, second]).scores(), whole.scores(), strict=True):
        assert one.entropy_nats == pytest.approx(other.entropy_nats)
        assert one.logit_variance == pytest.approx(other.logit_variance)


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="at least 8"):
        list(take_looks(chunks_of(1), IDS, risk=doubt, most_samples=4))
    with pytest.raises(ValueError, match="only 8 samples"):
        list(take_looks(chunks_of(1, count=4), IDS, risk=doubt, most_samples=64))


def test_looks_double():
    assert [look.samples for look in take_looks(chunks_of(1), IDS, risk=doubt, most_samples=64)] == [8, 16, 32, 64]
    assert [look.samples for look in take_looks(chunks_of(1), IDS, risk=doubt, most_samples=40)] == [8, 16, 32]
