"""From a document to a stored summary with its decision and item; exports of verdicts, and how they are read back.

Knows nothing of who looks at an item, or of what people may say about it.
"""
