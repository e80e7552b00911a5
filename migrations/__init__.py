"""Numbered steps that bring a database of any older version to the present tables.

In: an open connection. Out: changed tables. A step never imports the program's tables: they move on.
Run by `backend.review.store.database.upgrade`.
"""
