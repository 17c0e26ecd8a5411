"""What training yields: events that a caller prints, plots or ignores."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqtext.data.split import HELD_OUT_TEXT


@dataclass(frozen=True)
class Started:
    """The corpus is read and the network made; nothing is learnt yet, or, when a run goes on, `step` updates.

    notes: what was recognized in the corpus or is odd about it, a sentence each
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
    """So many words have vectors now that tell which words they stand near; nothing else is learnt yet."""

    words: int
    seconds: float


@dataclass(frozen=True)
class Step:
    """Some updates later; fraction of the budget spent, loss in nats per token, times in seconds."""

    step: int
    fraction: float
    loss: float
    learning_rate: float
    tokens_per_second: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class Evaluated:
    """Held-out text was measured, or what is learnt where there is none; loss in nats per token.

    texts: how many held-out texts, where there was no time for all; best: whether the weights are the best so far,
    which is never said of a score on other texts
    """

    step: int
    seconds: float
    loss: float
    metrics: dict[str, float]
    best: bool
    texts: int | None = None


@dataclass(frozen=True)
class Saved:
    """A checkpoint is on disk; killing the process now loses nothing up to this step."""

    step: int
    folder: Path


@dataclass(frozen=True)
class Advice:
    """What is said of a training whose text was too little for its network.

    commands: trainings that fit better, as they are typed; expected: what score comes of so much text, "" if unknown
    """

    reason: str
    commands: tuple[str, ...] = ()
    expected: str = ""


@dataclass(frozen=True)
class Concluded:
    """The best weights got what is fitted once, at the end, or did not; told: how well it does, or why not."""

    subject: str  # "Blend", "Size", or "Unusual": which texts are marked so
    told: str


@dataclass(frozen=True)
class Choosing:
    """The corpus is read, and rungs will be tried on it.

    names: of the rungs; left_out: others by name, and why; share: of the budget, for all of them; notes: as in Started
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
    """A rung has its turn, number from 1 of so many in a round of so many; its Steps follow."""

    name: str
    settings: dict[str, Any]
    number: int
    count: int
    round: int
    rounds: int


@dataclass(frozen=True)
class Tried:
    """What a rung came to with so much of the budget, all its turns together.

    loss, metrics: of the same held-out texts as those of the others; None and {} where it was given up
    beside: the loss where the linear classifier that was tried is added to it; None where none is
    budget: in the unit of the run; seconds: of the clock; bytes: of weights.safetensors
    is_fitted: at once, so that nothing comes of more time; why: it was given up
    """

    name: str
    round: int
    settings: dict[str, Any]
    budget: dict[str, float]
    loss: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    steps: int = 0
    bytes: int = 0
    is_fitted: bool = False
    why: str = ""
    beside: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Chosen:
    """A rung is chosen, which learns from here on; "" for the encoder of the preset. why: for a person."""

    name: str
    why: str


@dataclass(frozen=True)
class Suspecting:
    """So many texts are labelled by fits to the others, in so many folds, to find wrong labels."""

    texts: int
    folds: int


@dataclass(frozen=True)
class Suspected:
    """The texts that probably have the wrong label are written to a file: so many of all texts."""

    count: int
    texts: int
    file: str
    seconds: float


@dataclass(frozen=True)
class Finished:
    """The model folder holds the best state; step and seconds count the whole run, reason says why training ended.

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
