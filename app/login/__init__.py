"""Logging in: who sends a request, the pages for name and password, and what happens to everybody else."""
