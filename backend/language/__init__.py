"""Base model, adapter and tokenizer; prompts; decoding. Knows no document files, no review, no database."""
