"""Scoring after a kept prompt is scoring the whole sequence."""

import pytest
import torch

from backend.laplace.curvature import IGNORED, batch_sums
from backend.laplace.posterior import build
from backend.laplace.prefix import Prefix, RecentPrefixes, can_keep_prefix
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.laplace.test_architectures import ARCHITECTURES, adapted
from tests.tiny import tiny_batch, tiny_opt, tiny_peft

CASES = {
    "batch of one": ({"rows": 1}, ()),
    "batch of three with padding on both sides": ({"rows": 3, "padding": (0, 3, 1)}, (2, 0, 1)),
}
MLP = ("q_proj", "v_proj", "up_proj", "down_proj")


def case(options, short=(), *, targets=4, **sizes):
    """A batch whose texts end `short[row]` tokens early, and its prompt and texts apart."""
    batch = tiny_batch(targets=targets, **options, **sizes)
    for row, missing in enumerate(short):
        if missing:
            batch["labels"][row, -missing:] = IGNORED
            batch["attention_mask"][row, -missing:] = 0
    del batch["position_ids"]
    parts = {name: (batch[name][:, :-targets], batch[name][:, -targets:]) for name in ("input_ids", "attention_mask")}
    return batch, parts


def deviations_of(model, batch, count=5):
    posterior = build(batch_sums(model, batch), prior_precision=2.0)
    return posterior.sample(count, generator=torch.Generator().manual_seed(1))


def from_prefix(model, parts, deviations, **options):
    prefix = Prefix(model, parts["input_ids"][0], parts["attention_mask"][0], deviations, **options)
    chunks = list(prefix.chunks(parts["input_ids"][1], parts["attention_mask"][1]))
    return chunks[0][0], torch.cat([tangents for _, tangents in chunks]), prefix


@pytest.mark.parametrize(("options", "short"), CASES.values(), ids=CASES)
def test_in_float64_cached_tangents_are_those_of_the_whole_sequence(options, short):
    """OPT computes wholly in float64, so that both the cache and the differences are checked to rounding."""
    model = tiny_opt()
    batch, parts = case(options, short, vocabulary=5, length=8)
    deviations, kept = deviations_of(model, batch), batch["labels"] != IGNORED
    logits, tangents, _ = from_prefix(model, parts, deviations, epsilon=1e-5)
    whole_logits, whole = stacked_tangents(model, batch, deviations, epsilon=1e-5)
    assert torch.allclose(logits[kept], whole_logits[kept], rtol=1e-12, atol=1e-13)
    assert torch.allclose(tangents[:, kept], whole[:, kept], rtol=1e-8, atol=1e-8)
    _, exact = exact_tangents(model, batch, deviations)
    assert float((tangents - exact)[:, kept].norm() / exact[:, kept].norm()) < 1e-4


@pytest.mark.parametrize(("options", "short"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("name", ["Llama", *ARCHITECTURES])
def test_every_architecture_goes_on_from_its_prompt(name, options, short):
    model = tiny_peft(modules=MLP) if name == "Llama" else adapted(name, ARCHITECTURES[name])
    batch, parts = case(options, short, length=12)
    deviations, kept = deviations_of(model, batch), batch["labels"] != IGNORED
    assert can_keep_prefix(model)
    logits, tangents, _ = from_prefix(model, parts, deviations, epsilon=1e-3)
    whole_logits, whole = stacked_tangents(model, batch, deviations, epsilon=1e-3)
    assert torch.allclose(logits[kept], whole_logits[kept], atol=1e-4)
    assert float((tangents - whole)[:, kept].norm() / whole[:, kept].norm()) < 1e-2


def test_a_second_text_finds_the_prefix_as_the_first_did():
    model = tiny_peft(modules=MLP)
    batch, parts = case({"rows": 1})
    deviations = deviations_of(model, batch)
    _, first, prefix = from_prefix(model, parts, deviations)
    other = [tangents for _, tangents in prefix.chunks(torch.tensor([[7, 8, 9, 10, 11, 12]]))]
    again = torch.cat([tangents for _, tangents in prefix.chunks(parts["input_ids"][1])])
    assert torch.cat(other).shape[2] == 6
    assert torch.equal(first, again)


def test_a_text_of_one_token_needs_no_pass():
    model = tiny_peft()
    batch, parts = case({"rows": 1})
    deviations = deviations_of(model, batch, count=3)
    prefix = Prefix(model, parts["input_ids"][0], parts["attention_mask"][0], deviations)
    model.forward = None  # any pass would fail
    ((logits, tangents),) = prefix.chunks(torch.tensor([[7]]))
    assert logits.shape[:2] == (1, 1)
    assert tangents.shape[1:3] == (1, 1)


def test_what_does_not_fit_is_read_again_with_the_same_result():
    model = tiny_peft()
    batch, parts = case({"rows": 1})
    deviations = deviations_of(model, batch)
    _, roomy, large = from_prefix(model, parts, deviations, rows_at_once=2)
    _, narrow, small = from_prefix(model, parts, deviations, rows_at_once=2, most_bytes=1)
    assert torch.equal(roomy, narrow)
    assert small.nbytes() < large.nbytes() / 2


def test_theta_star_goes_on_writing_from_its_own_row():
    model = tiny_peft()
    batch, parts = case({"rows": 1})
    prefix = Prefix(model, parts["input_ids"][0], parts["attention_mask"][0], deviations_of(model, batch))
    cache, logits = prefix.map_start()
    plain = model(input_ids=parts["input_ids"][0], logits_to_keep=1).logits[:, 0]
    assert torch.allclose(logits, plain, atol=1e-6)
    token = torch.tensor([[5]])
    written = model(input_ids=token, past_key_values=cache).logits[:, -1]
    whole = model(input_ids=torch.cat([parts["input_ids"][0], token], dim=1)).logits[:, -1]
    assert torch.allclose(written, whole, atol=1e-6)


def test_the_oldest_document_is_forgotten_when_memory_is_short():
    model = tiny_peft()
    batch, parts = case({"rows": 1})

    def read():
        return Prefix(model, parts["input_ids"][0], parts["attention_mask"][0], {})

    size = read().nbytes()
    recent = RecentPrefixes(most_bytes=int(2.5 * size))
    kept = {key: recent.get(key, read) for key in "ab"}
    assert recent.get("a", read) is kept["a"]
    recent.get("c", read)
    assert recent.get("a", read) is kept["a"]
    assert recent.get("b", read) is not kept["b"]
