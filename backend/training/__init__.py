"""LoRA fine-tuning of any causal LM on pairs of document and reference summary."""
