"""Define the events of a training run.

Callers print, plot or ignore them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqtext.data.split import HELD_OUT_TEXT


@dataclass(frozen=True)
class Started:
    """Report that training starts or resumes. The corpus is prepared and the network made.

    examples, tokens: of the corpus; skipped: why texts were left out → how many; held_out: which texts, and how many
    parameters: of the network; file_bytes: of these in half precision; vocabulary: its size in tokens
    step: updates that were made before; notes: what was recognized in the corpus or is unusual, a sentence each
    """

    examples: int
    tokens: int
    skipped: dict[str, int]
    held_out: str
    parameters: int
    file_bytes: int
    vocabulary: int
    device: str
    precision: str
    threads: int
    step: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counted:
    """Report word vectors counted from the corpus, before the first update.

    words: how many have vectors; seconds: that it took
    """

    words: int
    seconds: float


@dataclass(frozen=True)
class Step:
    """Report updates: fraction of the budget, loss and speed so far.

    fraction: from 0 to 1; loss: nats per token, or per text of a classifier, since the last Step
    seconds, seconds_left: of the clock
    """

    step: int
    fraction: float
    loss: float
    learning_rate: float
    tokens_per_second: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class Evaluated:
    """Report an evaluation of held-out text. It is of training text where none is held out.

    loss: nats per token, or per text of a classifier; texts: how many, where there was no time for all; best: whether
    the weights are the best so far, which is never said of a score on other texts
    """

    step: int
    seconds: float
    loss: float
    metrics: dict[str, float]
    best: bool
    texts: int | None = None


@dataclass(frozen=True)
class Saved:
    """Report a checkpoint on disk, with every update before `step`."""

    step: int
    folder: Path


@dataclass(frozen=True)
class Advice:
    """Advise on a training run with too little text for its network.

    commands: trainings that fit better, as typed; expected: what score to expect of so much text, "" if unknown
    """

    reason: str
    commands: tuple[str, ...] = ()
    expected: str = ""


@dataclass(frozen=True)
class Concluded:
    """Report a finished step after the last update.

    These are blending, shrinking and fitting a doubt.

    told: how well it does, or why it was left out
    """

    subject: str  # "Blend", "Size", or "Unusual": which texts are marked so
    told: str


@dataclass(frozen=True)
class Choosing:
    """Report that candidate networks will be tried on the prepared corpus.

    examples, tokens: of the corpus; skipped: why texts were left out → how many; names: of the candidates, the ladder's
    rungs; left_out: others by name, and why; share: of the budget for all trials, from 0 to 1; notes: as in Started
    """

    examples: int
    tokens: int
    skipped: dict[str, int]
    held_out: str
    names: tuple[str, ...]
    left_out: Mapping[str, str]
    share: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trying:
    """Report the start of a rung's trial.

    Its Steps follow.

    number, count: of this trial in its round, from 1; round, rounds: of this round, from 1
    """

    name: str
    settings: dict[str, Any]
    number: int
    count: int
    round: int
    rounds: int


@dataclass(frozen=True)
class Tried:
    """Report the result of a rung's trials so far. It has their whole budget.

    loss, metrics: on the same held-out texts as the others'; None and {} where it was given up
    beside: the loss where the linear classifier that was tried is added to it; None where none is
    budget: in the unit of the run; seconds: of the clock; file_bytes: of weights.safetensors
    is_fitted: at once, so that more time changes nothing; why: it was given up
    """

    name: str
    round: int
    settings: dict[str, Any]
    budget: dict[str, float]
    loss: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    steps: int = 0
    file_bytes: int = 0
    is_fitted: bool = False
    why: str = ""
    beside: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain data, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Chosen:
    """Report the network chosen to be trained.

    name: of the rung, "" for the encoder of the preset; why: for a person
    """

    name: str
    why: str


@dataclass(frozen=True)
class Suspecting:
    """Report the search for label errors, by cross-validation over all texts."""

    texts: int
    folds: int


@dataclass(frozen=True)
class Suspected:
    """Report a file that lists the texts with a suspected label error.

    count: of them, among all texts
    """

    count: int
    texts: int
    file: str
    seconds: float


@dataclass(frozen=True)
class Finished:
    """Report the end of training: the folder holds the best weights.

    step, seconds: of the whole run; reason: why training ended
    measured_on: the text on which the metrics were measured; advice: where the text was too little
    remarks: what the metrics are worth, a sentence each; intervals: of some of them, [low, high] (see
    `seqtext.evaluation.intervals`)
    """

    step: int
    seconds: float
    folder: Path
    reason: str
    metrics: dict[str, float] = field(default_factory=dict)
    measured_on: str = HELD_OUT_TEXT
    advice: Advice | None = None
    remarks: tuple[str, ...] = ()
    intervals: dict[str, list[float]] = field(default_factory=dict)


Event = (
    Started | Counted | Step | Evaluated | Saved | Concluded | Choosing | Trying | Tried | Chosen | Suspecting
    | Suspected | Finished
)  # fmt: skip
