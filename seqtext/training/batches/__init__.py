"""Batches of token ids, prepared from corpora."""
