"""Laplace approximation over LoRA weights, for any PEFT causal LM: curvature, posterior, predictive.

Usable on its own. Knows torch and PEFT; nothing of documents, review or the database.
"""
