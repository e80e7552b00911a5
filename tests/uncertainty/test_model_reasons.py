from __future__ import annotations

from backend.uncertainty.model_reasons import model_reasons
from backend.uncertainty.phrases import Reason
from backend.uncertainty.tokens import Alternative, ScoredToken


def build_tokens(*, probability: float, information_nats: float = 0.0, other: str = "6", p_other: float = 0.0):
    return [
        ScoredToken("12.", 0, 3, 0.99, 0.1, 0.1, 0.0, 0.0),
        ScoredToken("4", 3, 4, probability, 0.1, 0.1, information_nats, 0.0, (Alternative(other, p_other),)),
        ScoredToken(" mm", 4, 7, 0.99, 0.1, 0.1, 0.0, 0.0),
    ]


def reasons_of(tokens: list[ScoredToken]) -> tuple[Reason, ...]:
    return model_reasons("12.4 mm", start_char=0, end_char=7, tokens=tokens)


def test_a_sure_model_gives_no_reason() -> None:
    assert reasons_of(build_tokens(probability=0.9)) == ()


def test_an_unlikely_token_is_said_with_its_probability() -> None:
    assert reasons_of(build_tokens(probability=0.12)) == (Reason("reason.model_unsure", {"probability": "12%"}),)


def test_disagreeing_samples_are_said() -> None:
    assert reasons_of(build_tokens(probability=0.9, information_nats=0.4)) == (
        Reason("reason.posterior_disagrees", {}),
    )


def test_a_likely_alternative_is_shown_inside_the_phrase() -> None:
    (reason,) = reasons_of(build_tokens(probability=0.6, p_other=0.3))
    assert reason.parameters == {"text": "12.4 mm", "alternative": "12.6…", "probability": "30%"}


def test_an_alternative_of_the_same_wording_is_none() -> None:
    assert reasons_of(build_tokens(probability=0.6, other=" 4", p_other=0.3)) == ()
    assert reasons_of(build_tokens(probability=0.6, other="\n", p_other=0.3)) == ()
