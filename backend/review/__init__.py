"""What is kept and decided about documents, summaries and verdicts, and its use cases.

In: documents, scored summaries, people's verdicts. Out: frozen views (`store.views`).
Knows nothing of torch, the model or the screen. Its layers, from the bottom: `store`, `policy`, `learning`, `intake`,
`queue`; which of them may import which stands in `tests/test_structure.py`.
"""
