import pytest

from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.laplace.prior import NOISE_NATS, evaluate
from backend.laplace.prior_ratios import choose_ratios, kind_of
from tests.tiny import tiny_batch, tiny_peft

OPTIONS = {"samples": 4, "seed": 0}


@pytest.fixture(scope="module")
def setting():
    model = tiny_peft()
    posterior = build(batch_sums(model, tiny_batch(seed=1)), prior_precision=3.0)
    held_out = [tiny_batch(seed=2)]

    def nll(one):
        return evaluate(model, one, held_out, prior_precision=one.prior_precision, **OPTIONS).nll_nats

    return model, posterior, held_out, nll


def test_ratios_by_held_out_tokens_predict_them_better_than_one_prior_for_all(setting):
    model, posterior, held_out, nll = setting
    tried = []
    chosen = choose_ratios(model, posterior, held_out, on_ratio=lambda *one: tried.append(one), **OPTIONS)
    assert nll(chosen) < nll(posterior)
    assert nll(chosen) <= min(value for _, _, value in tried) + NOISE_NATS
    assert {group for group, _, _ in tried} == {"q_proj.A", "q_proj.B", "v_proj.A", "v_proj.B"}
    by_group = {kind_of(name): ratio for name, ratio in chosen.prior_ratios.items()}
    assert all(chosen.prior_ratios[name] == by_group[kind_of(name)] for name in chosen.blocks)
    assert chosen.prior_precision == posterior.prior_precision


def test_what_is_at_its_best_already_is_left_alone(setting):
    model, posterior, held_out, _ = setting
    rounds = []
    chosen = choose_ratios(
        model, posterior.with_prior(1e9), held_out, rounds=3, on_ratio=lambda *one: rounds.append(one), **OPTIONS
    )
    assert len(rounds) == 2 * 4  # at so narrow a prior no ratio matters: one round, nothing kept
    assert not chosen.prior_ratios
