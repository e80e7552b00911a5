"""The database of documents, summaries, decisions, reviews, calibrations and policies, and its use cases.

In: documents, scored summaries, people's verdicts. Out: frozen views (`views`).
Knows nothing of torch, the model or the screen.
"""
