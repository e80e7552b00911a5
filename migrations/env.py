"""How Alembic runs a step: on the connection that it is given, inside the transaction that is already open.

In: `connection` among the attributes of Alembic's configuration. Out: the steps' changes, not committed.
Knows nothing of URLs or files.
"""

from __future__ import annotations

from alembic import context

from backend.people import tables as _people  # noqa: F401 - each of these adds its tables to the metadata
from backend.review.intake import submissions as _submissions  # noqa: F401
from backend.review.store import model_tables as _model_tables  # noqa: F401
from backend.review.store import outbox as _outbox  # noqa: F401
from backend.review.store.tables import Table


def run() -> None:
    """Run the steps that the command asks for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Table.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
