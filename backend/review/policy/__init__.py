"""Which summaries go to a person, and under which model: policies, rules, versions, experiments, figures on them.

Knows nothing of how a document comes in, how a verdict is given or what is learned from it.
"""
