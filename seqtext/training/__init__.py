"""The learning half: from corpora to a model folder. The only place that loads torch."""
