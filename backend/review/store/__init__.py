"""The tables and the database that holds them, the record, the outbox, backups, and the views that are handed out.

Knows nothing of why a row is written: of no policy, no calibration and no person's turn.
"""
