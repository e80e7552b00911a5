import pytest
import torch

from backend.laplace import labels as labels_module
from backend.laplace.curvature import IGNORED, accumulate, batch_sums, target_logits
from backend.laplace.labels import class_restricted, draw_labels
from tests.laplace.dense import gauss_newton, jacobian, slices
from tests.tiny import tiny_batch, tiny_opt

CASES = {
    "batch of one": {"rows": 1, "length": 6, "targets": 3},
    "batch of three with padding": {"rows": 3, "length": 6, "targets": 3, "padding": (0, 2, 1)},
}


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_exact_fishers_diagonal_is_the_dense_gauss_newtons(options):
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, **options)
    batch["labels"][0, 1] = IGNORED
    dense = gauss_newton(model, batch)
    sums = batch_sums(model, batch, fisher="exact")
    for name, part in slices(model).items():
        assert torch.allclose(sums.diagonals[name].flatten(), dense.diagonal()[part], rtol=1e-10, atol=1e-14), name
        assert sums.traces[name] == pytest.approx(float(dense.diagonal()[part].sum()), rel=1e-10)


def test_sampled_labels_average_to_the_exact_fisher():
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, rows=2, length=6, targets=3)
    exact = batch_sums(model, batch, fisher="exact")
    draws = [batch_sums(model, batch, seed=seed) for seed in range(120)]
    for name in exact.gradients:
        sampled = torch.stack([sums.gradients[name] for sums in draws])
        error = (sampled.mean(dim=0) - exact.gradients[name]).abs()
        assert bool((error < 5 * sampled.std(dim=0) / len(draws) ** 0.5 + 1e-12).all()), name


def test_exact_sums_do_not_depend_on_batches():
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, rows=2, length=6, targets=2)
    singles = [{name: value[row : row + 1] for name, value in batch.items()} for row in (1, 0)]
    together, apart = batch_sums(model, batch, fisher="exact"), accumulate(model, singles, fisher="exact")
    for name in together.gradients:
        assert torch.allclose(together.gradients[name], apart.gradients[name], rtol=1e-10, atol=1e-14)


def test_the_exact_fisher_of_a_large_vocabulary_is_refused(monkeypatch):
    monkeypatch.setattr(labels_module, "EXACT_VOCABULARY", 4)
    with pytest.raises(ValueError, match="5 vocabulary entries"):
        batch_sums(tiny_opt(), tiny_batch(vocabulary=5), fisher="exact")


def test_an_unknown_kind_of_fisher_is_refused():
    with pytest.raises(ValueError, match="true, empirical or exact"):
        batch_sums(tiny_opt(), tiny_batch(vocabulary=5), fisher="guessed")


def _choices(batch):
    return {**batch, "class_ids": torch.tensor([[1, 3], [4, 2]])}


def test_a_multiple_choice_has_the_fisher_of_the_softmax_over_its_classes():
    model = tiny_opt()
    batch = _choices(tiny_batch(vocabulary=5, rows=2, length=6, targets=1))
    logits, rows = jacobian(model, batch)  # (2, V), (2, V, P)
    dense = 0.0
    for row, ids in enumerate(batch["class_ids"]):
        p, j = logits[row, ids].softmax(dim=-1), rows[row, ids]
        dense = dense + j.T @ (torch.diag(p) - torch.outer(p, p)) @ j
    sums = batch_sums(model, batch, fisher="exact")
    for name, part in slices(model).items():
        assert torch.allclose(sums.diagonals[name].flatten(), dense.diagonal()[part], rtol=1e-10, atol=1e-14), name


def test_labels_of_a_multiple_choice_are_drawn_from_its_classes_alone():
    model = tiny_opt()
    batch = _choices(tiny_batch(vocabulary=5, rows=2, length=6, targets=3))
    logits, labels = target_logits(model, batch)
    drawn = [draw_labels(class_restricted(logits, batch), labels, batch, seed=seed) for seed in range(30)]
    found = torch.stack(drawn).movedim(1, 0).flatten(1)
    assert [set(row.tolist()) for row in found] == [{1, 3}, {2, 4}]


def test_the_exact_fisher_of_a_multiple_choice_needs_its_classes_only(monkeypatch):
    monkeypatch.setattr(labels_module, "EXACT_VOCABULARY", 2)
    assert batch_sums(tiny_opt(), _choices(tiny_batch(vocabulary=5, rows=2, targets=1)), fisher="exact").targets == 2
