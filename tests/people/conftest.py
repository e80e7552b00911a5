"""Databases and an identity provider for the tests of this folder."""

import pytest

from tests.people.provider import serve_provider
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]


@pytest.fixture(scope="module")
def running_provider():
    """One provider for the tests of a module."""
    yield from serve_provider()


@pytest.fixture
def provider(running_provider):
    """The provider, with no account yet and nothing wrong."""
    running_provider.forget()
    return running_provider
