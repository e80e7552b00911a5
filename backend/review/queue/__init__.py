"""What waits for people, and what they say: the inbox, leases, drafts, second reviews, verdicts, checks of reviewers.

Knows nothing of policies and calibrations: what waits has been decided, and what is learned is decided elsewhere.
"""
