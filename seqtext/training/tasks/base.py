"""What the training loop must know of a task, and what tasks share."""

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
    """What a network takes from a model of another task: settings that are fixed by it, and a preset of others."""

    network: Settings
    preset: Settings


class Share(NamedTuple):
    """What this process reads of each batch: every `processes`-th row, from the one of its own number on."""

    number: int
    processes: int

    def rows(self, total: int) -> Tensor:
        """Index the rows that are read here, of `total` in the batch; none where there are fewer than processes."""
        return torch.arange(self.number, total, self.processes)


class TrainingTask(ABC):
    """A network, its data, its loss and its scores; `seqtext.training.loop` trains it.

    A subclass sets `network`, `tokens` (to learn from) and `data` (what batches are made of), or gives `batches` and
    `epochs` of its own.
    """

    name: str
    network: Any
    data: Segments
    tokens: int
    #: The metric whose highest value is the best; "loss", or a metric whose name ends so, for the lowest one.
    score = "loss"
    #: What scores are measured on.
    measured_on = HELD_OUT_TEXT
    #: Whether a vocabulary of words that another model gives may grow.
    grows = False
    #: What came of each text in the last evaluation, where that is told.
    outcomes: Outcomes | None = None

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        self.run, self.request, self.settings, self.device = run, request, config, device
        self.config, self.training = config.network, config.training
        # Read now: a training goes on although its data/ is removed meanwhile.
        self.measured_on = measured_on(run.read_report().held_out if run.is_prepared() else "")

    @classmethod
    def transfer(cls, config: Mapping[str, Any], settings: Settings) -> Transfer | None:
        """Tell what is taken from a model of another task; None where none can be started from.

        config: what the model's config.json holds; settings: those that were asked for
        """
        return None

    @classmethod
    def inputs(cls, request: Request, network: Any) -> Iterable[str]:
        """Read what models of the task are asked about, from the held-out corpus or the one to learn from."""
        return request.texts(request.valid or request.corpora)

    @staticmethod
    def question(text: str) -> str:
        """Make a question of an input: the input itself, where nothing need be asked of it."""
        return text

    @staticmethod
    @abstractmethod
    def answer(model: Any, text: str) -> Any:
        """Answer a text with a model of the task, as its command does."""

    def start_from(self, weights: dict[str, Any]) -> None:
        """Begin with the weights of another model."""
        self.network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})

    def begin(self, is_main: bool, wait: Callable[[], None]) -> int:
        """Prepare a network that starts from nothing; how many words have counted vectors then.

        is_main: whether this process does the work that is done once; wait: for the others
        """
        return 0

    def batches(self, start: Position) -> Iterator[tuple[Position, Any]]:
        """Give batches for ever, each with the position after it."""
        return order(self.data, self.training.batch_size, self.training.seed, start)

    def epochs(self, position: Position) -> float:
        """Tell how many passes over the corpus a position stands for."""
        return fraction_of_epoch(self.data, self.training.batch_size, position)

    @property
    def vocabulary(self) -> int:
        """Tell how many tokens the network knows."""
        return int(self.network.embedding.num_embeddings)

    @property
    def is_fitted(self) -> bool:
        """Tell whether the network is fitted at once, see `fit`, and not by updates."""
        return False

    @property
    def texts_to_read(self) -> int:
        """Tell how many texts a slow network reads once to fit what is fitted at once."""
        return 0

    def fit(self) -> Iterator[dict[str, Any]]:
        """Fit the network to all texts at once; gives what was tried, for the history."""
        yield from ()

    @abstractmethod
    def loss(self, batch: Any, moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Return the summed nats of this process's rows; examples and tokens of the whole batch."""

    def no_loss(self) -> Tensor:
        """Return the summed nats of no rows: 0, with a way back that leads to zeros."""
        weight: Tensor = next(self.network.parameters())
        return weight.sum() * 0.0

    def dropper(self, moment: Moment, rows: Tensor, total: int, *, known: bool = False) -> Dropper:
        """Make the dropout of an update; see `Dropper.at`."""
        return Dropper.at(moment, self.config.dropout, self.training.seed, rows, total, known)

    def carried(self) -> dict[str, Tensor]:
        """Return what one batch leaves for the next, as part of a checkpoint: nothing, where every text begins anew."""
        return {}

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """Take up what `carried` gave."""
        assert not tensors, "what carries something takes it up again"

    @property
    @abstractmethod
    def held_out_texts(self) -> int:
        """Tell how many held-out texts `evaluate` measures."""

    @abstractmethod
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Measure held-out nats per token, and the task's own metrics.

        texts: how many of the held-out texts, where there is no time for all; always the same ones
        """

    def intervals(self) -> dict[str, dict[str, list[float]]]:
        """Give the interval of the score that was evaluated last, as a line of history.jsonl has it; else nothing."""
        measured = self.outcomes is not None and self.measured_on == HELD_OUT_TEXT
        found = self.outcomes.intervals() if measured and self.outcomes else {}
        return {"intervals": found} if found else {}

    def keep_scores(self) -> None:
        """Keep what the last evaluation of a trial said of each text, where that helps to choose among trials."""
        return

    @property
    def conclusion_seconds(self) -> float:
        """Tell how long `conclude` may take, at the end of a budget of minutes."""
        return 0.0

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Add to the saved model what is fitted once, to its best weights; tell of each what it is, what came of it."""
        yield from ()

    @abstractmethod
    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return what the model folder holds with the present weights."""

    def save(self, history: list[dict[str, Any]], seconds: float) -> None:
        """Write the model folder of the run."""
        write_folder(self.run.folder, self.contents(history, seconds), "fp16")
        if self.outcomes is not None:
            self.outcomes.write(self.run.folder)

    def describe_data(self) -> dict[str, Any]:
        """Return what config.json says of the corpora."""
        sources = self.request.corpora
        return {"data": [source if source.startswith("hf:") else Path(source).name for source in sources]}

    def model_folder(self, tokenizer: str, history: list[dict[str, Any]], seconds: float, **own: Any) -> ModelFolder:
        """Put weights, tokenizer and settings together as a model folder.

        tokenizer: the text of tokenizer.json; own: what else config.json is to say
        """
        network: nn.Module = self.network
        weights = {name: value.detach().float().cpu().numpy() for name, value in network.state_dict().items()}
        facts = {"seconds": round(seconds, 1), "tokens": self.tokens}
        config = {
            "format": FORMAT,
            "task": self.name,
            "network": to_dict(self.config),
            "tokenizer": to_dict(self.settings.tokenizer),
            "training": {**to_dict(self.training), **facts},
            "scores": {name: value for name, value in history[-1].items() if name not in NO_SCORES},
            **({"intervals": history[-1]["intervals"]} if "intervals" in history[-1] else {}),
            "measured_on": self.measured_on,
            **({"masks": self.request.masks.facts} if self.request.masks else {}),
            **({"columns": dict(self.request.columns)} if self.request.columns else {}),
            **own,
            **self.describe_data(),
            **choice_facts(history),
        }
        return ModelFolder(config, tokenizer, weights, history, card(config, self.run.folder.name))
