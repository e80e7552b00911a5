from __future__ import annotations

import pytest

from app.pages.handling import RequestError
from app.pages.verdict_form import read_verdict

SENT = {
    "kind": "correct", "item": 3, "version": 1, "text": "a\r\nb", "note": "n", "reason": "omitted", "accepted": [2, 0],
    "seconds": 12.5,
}  # fmt: skip


def test_a_verdict_is_read_as_it_was_sent():
    form = read_verdict(SENT)
    assert (form.kind, form.item_id, form.version) == ("correct", 3, 1)
    assert (form.text, form.reason, form.accepted, form.seconds_spent) == ("a\nb", "omitted", (2, 0), 12.5)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "escape"},
        {"item": "1 or 1"},
        {"version": 0},
        {"text": "x" * 20_001},
        {"text": 7},
        {"reason": "because"},
        {"accepted": "0"},
        {"accepted": [-1]},
        {"accepted": [None]},
        {"accepted": [{}]},
    ],
)
def test_what_the_page_never_sends_is_refused(change):
    with pytest.raises(RequestError):
        read_verdict({**SENT, **change})


@pytest.mark.parametrize("seconds", [None, "x", -1.0, 1e9, float("nan")])
def test_a_clock_that_makes_no_sense_gives_no_duration(seconds):
    assert read_verdict({**SENT, "seconds": seconds}).seconds_spent is None
