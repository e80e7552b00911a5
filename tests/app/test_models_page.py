"""What the page *Models* takes from a browser."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from app.__main__ import cli
from app.pages.handling import RequestError
from app.pages.models import wanted_replay
from backend.review.learning.retrainings import LARGEST_REPLAY


@pytest.mark.parametrize(("typed", "wanted"), [(None, None), ("", None), (0, 0), ("12", 12), (LARGEST_REPLAY, 5000)])
def test_an_empty_field_leaves_the_number_of_documents_to_the_program(typed, wanted):
    assert wanted_replay(typed) == wanted


@pytest.mark.parametrize("typed", [-1, LARGEST_REPLAY + 1, "many", float("nan"), [3], {"a": 1}, 1e400])
def test_any_other_value_is_one_sentence(typed):
    with pytest.raises(RequestError):
        wanted_replay(typed)


def test_the_command_has_the_same_bound():
    found = CliRunner().invoke(cli, ["retrain", "--replay", str(LARGEST_REPLAY + 1)])
    assert found.exit_code == 2
    assert f"equal to {LARGEST_REPLAY} " in found.output
