"""From corpora to batches of ids."""
