"""Prepare batches of token ids from corpora."""
