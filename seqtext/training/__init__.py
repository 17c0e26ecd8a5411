"""Train models, from corpora to a model folder.

This half of seqtext is the only place that imports torch, so that the answering half starts fast.
"""
