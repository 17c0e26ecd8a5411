"""Check a corpus before anything is trained on it."""
