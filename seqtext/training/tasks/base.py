"""Define the base class of the training tasks. The training loop calls its methods."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqtext.data.split import HELD_OUT_TEXT, measured_on
from seqtext.evaluation.outcomes import Outcomes
from seqtext.fields import to_dict
from seqtext.storage.model_folder import FORMAT, ModelFolder, write_folder
from seqtext.tasks import Settings
from seqtext.training.batches.bucketing import Segments, fraction_of_epoch, order
from seqtext.training.model_card import card, choice_facts
from seqtext.training.networks.dropout import Dropper
from seqtext.training.progress import Position
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.schedule import Moment

#: What a line of history.jsonl says beside the scores.
NO_SCORES = ("step", "seconds", "measured_on", "intervals")


class Transfer(NamedTuple):
    """Hold settings that a network takes from a model of another task.

    network: settings that the model fixes; preset: defaults for the others
    """

    network: Settings
    preset: Settings


class Share(NamedTuple):
    """Hold a process's share of the rows of each batch.

    These are every `processes`-th one, from `number` on.
    """

    number: int
    processes: int

    def rows(self, total: int) -> Tensor:
        """Index the rows of a batch that this process reads, (rows,).

        total: rows of the whole batch; no row is left for some processes where there are fewer rows than processes
        """
        return torch.arange(self.number, total, self.processes)


class TrainingTask(ABC):
    """Define the network, data, loss and evaluation of a task. `seqtext.training.loop` trains it.

    A subclass sets `network`, `tokens` (of the training data) and `data` (which batches are made of), or overrides
    `batches` and `epochs`.
    """

    name: str
    network: Any
    data: Segments
    tokens: int
    #: Metric that selects the best weights: the highest value, or the lowest for "loss" and names that end so.
    score = "loss"
    #: What text the scores are measured on.
    measured_on = HELD_OUT_TEXT
    #: Whether the word vocabulary of a model to start from may grow.
    grows = False
    #: Scores of each text in the last evaluation, where the task keeps them.
    outcomes: Outcomes | None = None

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        self.run, self.request, self.settings, self.device = run, request, config, device
        self.config, self.training = config.network, config.training
        # Read now: training continues even if its data/ is removed meanwhile.
        self.measured_on = measured_on(run.read_report().held_out if run.is_prepared() else "")

    @classmethod
    def transfer(cls, config: Mapping[str, Any], settings: Settings) -> Transfer | None:
        """Return the settings to take from a model of another task.

        config: config.json of that model; settings: those that were asked for
        returns None where training cannot start from such a model
        """
        return None

    @classmethod
    def inputs(cls, request: Request, network: Any) -> Iterable[str]:
        """Read inputs for the models of this task from the corpora.

        They are texts of the held-out corpus, or of the training corpora where none is named.
        """
        return request.texts(request.valid or request.corpora)

    @staticmethod
    def question(text: str) -> str:
        """Turn an input into a question. Most tasks ask about the input itself."""
        return text

    @staticmethod
    @abstractmethod
    def answer(model: Any, text: str) -> Any:
        """Answer a text as the task's command does."""

    def start_from(self, weights: dict[str, Any]) -> None:
        """Initialise the network with the weights of another model."""
        self.network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})

    def begin(self, is_main: bool, wait: Callable[[], None]) -> int:
        """Initialise a network that is trained from scratch.

        is_main: whether this process does the work that is done once; wait: waits for the other processes
        returns how many words have vectors counted from the corpus
        """
        return 0

    def batches(self, start: Position) -> Iterator[tuple[Position, Any]]:
        """Yield batches endlessly, each with the position after it."""
        return order(self.data, self.training.batch_size, self.training.seed, start)

    def epochs(self, position: Position) -> float:
        """Convert a position to a number of passes over the corpus."""
        return fraction_of_epoch(self.data, self.training.batch_size, position)

    @property
    def vocabulary(self) -> int:
        """Return the network's vocabulary size, in tokens."""
        return int(self.network.embedding.num_embeddings)

    @property
    def is_fitted(self) -> bool:
        """Return whether `fit` trains the network at once, without gradient updates."""
        return False

    @property
    def texts_to_read(self) -> int:
        """Count the texts that a slow network reads once before `fit`."""
        return 0

    def fit(self) -> Iterator[dict[str, Any]]:
        """Fit the network to all texts at once. Yields what was tried, for the history."""
        yield from ()

    @abstractmethod
    def loss(self, batch: Any, moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Compute the summed loss of this process's rows, in nats.

        returns the loss, then the examples and the tokens of the whole batch
        """

    def no_loss(self) -> Tensor:
        """Return a loss of 0 with zero gradients, for processes without rows."""
        weight: Tensor = next(self.network.parameters())
        return weight.sum() * 0.0

    def dropper(self, moment: Moment, rows: Tensor, total: int, *, known: bool = False) -> Dropper:
        """Make the dropout masks of an update; see `Dropper.at`."""
        return Dropper.at(moment, self.config.dropout, self.training.seed, rows, total, known)

    def carried(self) -> dict[str, Tensor]:
        """Return the state that a batch leaves for the next.

        It is part of a checkpoint, and empty where every text begins with a fresh state.
        """
        return {}

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """Restore the state that `carried` returned."""
        assert not tensors, "what carries something takes it up again"

    @property
    @abstractmethod
    def held_out_texts(self) -> int:
        """Count the held-out texts that `evaluate` measures."""

    @abstractmethod
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Measure the held-out loss, in nats, and the task's metrics.

        The loss is that of a token, a classifier's that of a text.

        texts: how many of the held-out texts, where there is no time for all; always the same ones
        """

    def intervals(self) -> dict[str, dict[str, list[float]]]:
        """Return the confidence interval of the last evaluation, as history.jsonl stores it.

        It is empty where the task keeps no scores of single texts, or measured on the training text.
        """
        measured = self.outcomes is not None and self.measured_on == HELD_OUT_TEXT
        intervals = self.outcomes.intervals() if measured and self.outcomes else {}
        return {"intervals": intervals} if intervals else {}

    def keep_scores(self) -> None:
        """Store the scores of each text in a trial's last evaluation.

        Only some tasks do: those whose trials are compared text by text.
        """
        return

    @property
    def conclusion_seconds(self) -> float:
        """Estimate the seconds that `conclude` takes at the end of the budget."""
        return 0.0

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Fit the final parts once, for the saved model's best weights.

        yields the subject of each step and its result
        """
        yield from ()

    @abstractmethod
    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Build the model folder with the present weights."""

    def save(self, history: list[dict[str, Any]], seconds: float) -> None:
        """Write the run's model folder and the scores of each text. Raises ModelError."""
        write_folder(self.run.folder, self.contents(history, seconds), "fp16")
        if self.outcomes is not None:
            self.outcomes.write(self.run.folder)

    def describe_data(self) -> dict[str, Any]:
        """Describe the corpora for config.json."""
        sources = self.request.corpora
        return {"data": [source if source.startswith("hf:") else Path(source).name for source in sources]}

    def model_folder(self, tokenizer: str, history: list[dict[str, Any]], seconds: float, **extra: Any) -> ModelFolder:
        """Assemble weights, tokenizer and settings into a model folder.

        tokenizer: the text of tokenizer.json; extra: further keys of config.json
        """
        network: nn.Module = self.network
        weights = {name: value.detach().float().cpu().numpy() for name, value in network.state_dict().items()}
        counts = {"seconds": round(seconds, 1), "tokens": self.tokens}
        config = {
            "format": FORMAT,
            "task": self.name,
            "network": to_dict(self.config),
            "tokenizer": to_dict(self.settings.tokenizer),
            "training": {**to_dict(self.training), **counts},
            "scores": {name: value for name, value in history[-1].items() if name not in NO_SCORES},
            **({"intervals": history[-1]["intervals"]} if "intervals" in history[-1] else {}),
            "measured_on": self.measured_on,
            **({"masks": self.request.masks.facts} if self.request.masks else {}),
            **({"columns": dict(self.request.columns)} if self.request.columns else {}),
            **extra,
            **self.describe_data(),
            **choice_facts(history),
        }
        return ModelFolder(config, tokenizer, weights, history, card(config, self.run.folder.name))
