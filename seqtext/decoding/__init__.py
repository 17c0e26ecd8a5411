"""Decode tokens from log-probabilities by pure functions over `step`."""
