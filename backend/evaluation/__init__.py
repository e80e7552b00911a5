"""Metrics, baselines, reports and benchmarks: how good summaries and their uncertainties are, and how fast.

Systems come in as plain callables from documents to summaries, so nothing here knows which model they run.
"""
