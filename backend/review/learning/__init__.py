"""What the verdicts that stand teach: calibrations, texts and runs for new models, certificates, signs of drift.

Knows nothing of how a verdict comes about, of the inbox, or of how a model is trained.
"""
