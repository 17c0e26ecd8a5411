"""Schedule the learning rate by the moment of each update."""

from typing import NamedTuple

from seqtext.config import TrainingConfig


class Moment(NamedTuple):
    """Hold the moment of an update in a training run.

    step: how many updates were made before it
    """

    step: int
    fraction: float  # of the budget
    passes: float  # over the corpus


def learning_rate(fraction: float, config: TrainingConfig) -> float:
    """Return the learning rate at a fraction of the budget.

    Linear warm-up, then linear decay to zero, as in Devlin et al. 2019, arXiv:1810.04805.
    """
    if fraction < config.warmup:
        return config.learning_rate * max(fraction, 1e-3) / config.warmup
    return config.learning_rate * max(0.0, (1.0 - fraction) / max(1e-9, 1.0 - config.warmup))
