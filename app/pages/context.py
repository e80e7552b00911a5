"""What the pages are built from: the database, the state of the model, who is asking, and facts for the About box.

Plain values and callables, put together by the composition root. Knows nothing of Gradio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import fastapi

from app.model_loading import ModelState
from app.team import people_by_role
from backend.people.person import Person
from backend.review.store.database import Database
from backend.uncertainty.summary import ScoredSummary


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every page.

    Attributes:
        database: where documents, summaries and verdicts live.
        model_state: where the preparation of the model stands.
        score: scores a text about a document again, as soon as the model is free.
        person: who sends a request that has come through the gate.
        data_dir: folder of everything the program writes.
        model_name: the base model in use.
    """

    database: Database
    model_state: Callable[[], ModelState]
    score: Callable[..., ScoredSummary]
    person: Callable[[fastapi.Request], Person]
    data_dir: str
    model_name: str

    def team(self) -> dict[str, frozenset[str]]:
        """The people by role, as they are now."""
        return people_by_role(self.database)

    def current_user(self, request: fastapi.Request) -> str:
        """The name of the person who sends a request, as it stands in records."""
        return self.person(request).name
