"""Check a corpus for faults before training."""
