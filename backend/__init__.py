"""Tashika's engine: documents, language model, Laplace posterior, uncertainty, review. Never imports `app`."""
