"""Who may use this installation, and for what: users, passwords, sessions, lock-out, tokens of programs.

Knows nothing of pages, HTTP or summaries.
"""
