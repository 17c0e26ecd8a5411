"""The schedule of the learning rate: it rises at first, then falls to zero with the budget."""

from seqtext.config import TrainingConfig


def learning_rate(fraction: float, config: TrainingConfig) -> float:
    """The learning rate at a fraction of the budget: linear warm-up, then linear decay to zero."""
    if fraction < config.warmup:
        return config.learning_rate * max(fraction, 1e-3) / config.warmup
    return config.learning_rate * max(0.0, (1.0 - fraction) / max(1e-9, 1.0 - config.warmup))
