import pytest
import torch

from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.laplace.resampling import resample_tokens
from backend.laplace.scores import draw_deviations, score_tokens
from backend.laplace.tangents import exact_tangents
from tests.tiny import tiny_batch, tiny_opt

CASES = {"one row": {"rows": 1}, "three rows with padding": {"rows": 3, "padding": (0, 2, 1)}}


def setting(options):
    model = tiny_opt()
    batch = tiny_batch(vocabulary=5, length=6, targets=3, **options)
    return model, batch, build(batch_sums(model, batch, fisher="exact"), prior_precision=0.8)


def resampled(tangents, count):
    return resample_tokens(tangents, count=count, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_each_token_keeps_its_covariance_and_is_independent_of_the_others(options):
    model, batch, posterior = setting(options)
    coherent = exact_tangents(model, batch, draw_deviations(posterior, samples=40, seed=0))[1]  # (20, B, S, V)
    fresh = resampled(coherent, 4_000)
    estimated = torch.einsum("mbsc,mbsd->bscd", coherent, coherent) / len(coherent)
    found = torch.einsum("kbsc,kbsd->bscd", fresh, fresh) / len(fresh)
    assert float((found - estimated).norm() / estimated.norm()) < 0.12

    def between(tangents):
        return torch.einsum("kbc,kbd->bcd", tangents[:, :, 0], tangents[:, :, 1]).norm() / len(tangents)

    assert between(fresh) < 0.2 * between(coherent)


def test_scores_of_tokens_agree_within_their_sampling_error():
    model, batch, posterior = setting({"rows": 3})

    def variances(seed, generator=None):
        drawn = draw_deviations(posterior, samples=100, seed=seed)
        scores = score_tokens(model, batch, drawn, token_generator=generator)
        return torch.tensor([token.logit_variance for row in scores for token in row])

    coherent, other = variances(0), variances(1)
    token = variances(2, torch.Generator().manual_seed(3))
    assert not torch.equal(token, variances(2))
    error = (coherent / other - 1).abs().mean()
    assert (token / other - 1).abs().mean() < 3 * error + 0.1


def test_one_generator_gives_the_same_scores_again():
    model, batch, posterior = setting({"rows": 2})
    drawn = draw_deviations(posterior, samples=8, seed=0)
    runs = [score_tokens(model, batch, drawn, token_generator=torch.Generator().manual_seed(5)) for _ in range(2)]
    assert runs[0] == runs[1]
