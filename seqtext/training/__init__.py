"""Training half of seqtext: from corpora to a model folder.

The only place that imports torch, so that the answering half starts fast.
"""
