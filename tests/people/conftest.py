"""Databases for the tests of this folder."""

from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]
