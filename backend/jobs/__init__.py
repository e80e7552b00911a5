"""The durable queue of documents to summarize, and the worker that empties it.

In: jobs in the database and a summarizer as a callable. Out: stored summaries, or a failure with a sentence.
Knows nothing of the model or the screen.
"""
