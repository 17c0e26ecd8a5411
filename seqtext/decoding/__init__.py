"""Log-probabilities in, tokens out: pure functions over `step`."""
