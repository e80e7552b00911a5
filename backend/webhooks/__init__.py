"""Telling other programs what has happened: which addresses, and the delivery of what the outbox holds.

Knows nothing of summaries or pages.
"""
