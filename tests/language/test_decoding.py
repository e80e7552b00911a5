import pytest
import torch
from transformers import DynamicCache, MistralConfig, MistralForCausalLM

from backend.language.decoding import Guesses, Start, guess_copy, repeated_passage, write_batch, write_summary
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
    ("ids", "found"),
    [
        ([1, 2, 3, 4] * 3, (4, 3)),
        ([9, 1, 2, 3, 4, 5] + [1, 2, 3, 4, 5] * 2, (5, 3)),
        ([0, 1] * 6, (4, 3)),
        ([1, 2, 3, 4] * 2 + [1, 2, 3], (0, 0)),
        ([9, *range(19), *range(19)], (0, 0)),
        ([9, *range(20), *range(20)], (20, 2)),
        ([*range(80), *range(80)], (80, 2)),
        ([*range(81), *range(81)], (0, 0)),
        ([*range(30), 99, *range(30)], (0, 0)),
        ([7, 7, 7], (0, 0)),
        ([], (0, 0)),
    ],
)
def test_a_passage_that_stands_too_often_in_a_row_is_found(ids, found):
    assert repeated_passage(ids) == found


def passes_of(language, monkeypatch, ids, **options):
    """What is written, and how many tokens each pass after the first was given."""
    widths = []
    forward = language.model.forward

    def spy(**inputs):
        widths.append(inputs["input_ids"].shape[1])
        return forward(**inputs)

    with monkeypatch.context() as patch:
        patch.setattr(language.model, "forward", spy)
        written = write_summary(language, ids, **options)
    return written, widths[1:]


def test_guesses_save_passes_and_change_no_token(language, monkeypatch):
    saved = 0
    for text in ("Lot 7 Lot 7 Lot 7", "Bore 12.4 mm", "検査 検査", "0.00 0.00 0.00 0.00"):
        ids = prompt(language, text)
        written, widths = passes_of(language, monkeypatch, ids, max_tokens=60, end_ids=())
        assert written == write_batch(language, [ids, ids], max_tokens=60, end_ids=())[0]  # which never guesses
        saved += 59 - len(widths)
    assert saved > 0


def test_no_guess_goes_past_the_length_or_the_end(language, monkeypatch):
    ids = prompt(language, "Lot 7 Lot 7")
    free, _ = passes_of(language, monkeypatch, ids, max_tokens=40, end_ids=())
    for length in range(1, 12):
        assert write_summary(language, ids, max_tokens=length, end_ids=()) == free[:length]
    end = free[20]
    assert write_summary(language, ids, max_tokens=40, end_ids={end}) == free[: free.index(end)][:40]


def test_a_sliding_window_is_never_guessed_on(monkeypatch):
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=258, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=4, sliding_window=8, eos_token_id=0, pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    language = LanguageModel(MistralForCausalLM(config).eval(), tiny_tokenizer(), "tiny", "")
    ids = prompt(language, "Lot 7 Lot 7 Lot 7")
    written, widths = passes_of(language, monkeypatch, ids, max_tokens=20, end_ids=())
    assert set(widths) == {1}
    assert len(written) == 20


def test_writing_can_start_from_a_prompt_that_was_read(language):
    ids = prompt(language, "Lot 7")
    cache = DynamicCache(config=language.model.config)
    with torch.no_grad():
        logits = language.model(input_ids=torch.tensor([ids]), past_key_values=cache).logits[:, -1]
    start = Start(cache, logits)
    assert write_summary(language, ids, max_tokens=9, start=start) == write_summary(language, ids, max_tokens=9)


@pytest.mark.parametrize(
    ("ids", "guess"),
    [
        ([1, 2, 3, 4, 9, 1, 2], [3, 4, 9]),
        ([1, 2, 3, 8, 2, 3, 4, 9, 1, 2, 3], [8, 2, 3]),  # the longer match wins over the later one
        ([1, 2, 3, 1, 2, 4, 1, 2], [4, 1, 2]),  # of equal ones the later
        ([1, 2, 3, 4, 5, 2], []),  # one token is no match
        ([5, 5, 5], [5]),
        ([5], []),
        ([], []),
    ],
)
def test_a_guess_is_what_followed_the_longest_match(ids, guess):
    assert guess_copy(ids, most=3) == guess


def test_guesses_pause_after_they_failed_and_try_again():
    guesses, asked = Guesses(), []
    for _ in range(30):
        guess = guesses.next([1, 2, 3, 1, 2], most=7)
        asked.append(bool(guess))
        guesses.learn(asked=len(guess), agreed=0)
    assert asked[:2] == [True, True]
    assert 3 <= sum(asked) <= 8
    assert any(asked[15:])
