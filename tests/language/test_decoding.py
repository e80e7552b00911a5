import pytest
import torch

from backend.language.decoding import repeated_period, write_batch, write_summary
from backend.language.loading import LanguageModel
from tests.tiny import tiny_llama, tiny_tokenizer


@pytest.fixture(scope="module")
def language():
    return LanguageModel(tiny_llama(), tiny_tokenizer(), "tiny", "")


def prompt(language, text):
    return language.tokenizer(text, add_special_tokens=False)["input_ids"]


def test_greedy_decoding_is_stock_generates(language):
    ids = prompt(language, "Lot 7: bore 12.4 mm")
    ours = write_summary(language, ids, max_tokens=12, end_ids=())
    stock = language.model.generate(
        input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=12, min_new_tokens=12, do_sample=False, pad_token_id=0,
    )  # fmt: skip
    # generate suppresses the end token to reach its minimum; ours takes it as any other
    if 0 not in ours:
        assert ours == stock[0, len(ids) :].tolist()
    assert len(ours) == 12


def test_a_batch_of_unequal_prompts_writes_what_each_would_alone(language):
    prompts = [prompt(language, text) for text in ("Lot 7", "Bore 12.4 mm is out of tolerance", "検査")]
    together = write_batch(language, prompts, max_tokens=10)
    assert together == [write_summary(language, ids, max_tokens=10) for ids in prompts]


def test_every_token_is_reported(language):
    seen = []
    ids = write_summary(
        language, prompt(language, "Lot"), max_tokens=5, end_ids=(), on_token=lambda ids: seen.append(len(ids))
    )
    assert seen == [1, 2, 3, 4, 5]
    assert len(ids) == 5


def test_an_exception_from_the_listener_stops_the_writing(language):
    def stop(ids):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_summary(language, prompt(language, "Lot"), max_tokens=5, on_token=stop)


def test_the_end_token_ends_and_is_not_kept(language):
    first = write_summary(language, prompt(language, "Lot"), max_tokens=3, end_ids=())
    assert write_summary(language, prompt(language, "Lot"), max_tokens=3, end_ids={first[1]}) == first[:1]


@pytest.mark.parametrize(
    ("ids", "period"),
    [
        ([1, 2, 3, 4] * 3, 4),
        ([9, 1, 2, 3, 4, 5] + [1, 2, 3, 4, 5] * 2, 5),
        ([0, 1] * 6, 4),
        ([1, 2, 3, 4] * 2 + [1, 2, 3], 0),
        ([7, 7, 7], 0),
        ([], 0),
    ],
)
def test_a_passage_that_stands_three_times_is_found(ids, period):
    assert repeated_period(ids) == period
