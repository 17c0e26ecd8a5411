"""A run: the folder that a training writes, what was asked for, and its settings."""

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.lines import Report
from seqtext.errors import TrainingError
from seqtext.fields import from_dict, to_dict
from seqtext.storage.atomic import write_atomically
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import ModelFolder, read_folder
from seqtext.tasks import TASKS, Task
from seqtext.training.checkpoint import Checkpoint


def absolute(source: str) -> str:
    """Make the path of a corpus absolute; hf:NAME and - stay."""
    return source if source == "-" or source.startswith("hf:") else str(Path(source).absolute())


@dataclass(frozen=True)
class Request:
    """What a training was asked to learn from; its settings are a RunConfig.

    corpora, valid: files, folders or hf:NAME; valid is None where held-out text is taken from the corpora
    columns: names of columns by field; start: the model to start from
    """

    task: str
    corpora: tuple[str, ...]
    valid: tuple[str, ...] | None = None
    columns: dict[str, str] | None = None
    start: str | None = None
    encoding_errors: str = "strict"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Request":
        """Build a request from plain data, as settings.json holds it."""
        valid = None if data["valid"] is None else tuple(data["valid"])
        known = {item.name: data[item.name] for item in fields(cls)}  # a later version may have written more
        return cls(**{**known, "corpora": tuple(data["corpora"]), "valid": valid})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return asdict(self)

    @property
    def names(self) -> str:
        """The corpora, for a message."""
        return ", ".join(self.corpora)

    @property
    def _how(self) -> dict[str, Any]:
        return {"columns": self.columns, "encoding_errors": self.encoding_errors}

    def texts(
        self, sources: Iterable[str], report: Report | None = None, *, blank_lines: bool = False
    ) -> Iterable[str]:
        """Read corpora of texts; see `seqtext.data.corpus.read_texts`."""
        return read_texts(list(sources), report=report, blank_lines=blank_lines, **self._how)

    def pairs(self, sources: Iterable[str], report: Report | None = None) -> Iterable[tuple[str, str]]:
        """Read corpora of pairs, source and target."""
        for row in read_rows(list(sources), ("source", "target"), report=report, **self._how):
            yield row["source"], row["target"]

    def labelled(
        self, sources: Iterable[str], report: Report | None = None, *, several: bool = False
    ) -> Iterable[tuple[str, str]]:
        """Read corpora of labelled texts, label and text."""
        return read_labelled(list(sources), report=report, several=several, **self._how)

    def start_model(self) -> ModelFolder | None:
        """Read the model to start from; None where there is none."""
        return None if self.start is None else read_folder(find(self.start))


class RunConfig(NamedTuple):
    """The settings of a run."""

    tokenizer: TokenizerConfig
    network: Any
    training: TrainingConfig

    @classmethod
    def from_list(cls, task: Task, data: Sequence[Mapping[str, Any]]) -> "RunConfig":
        """Build the configs of a task from plain data, one mapping each; raises ConfigError."""
        return cls(
            from_dict(task.tokenizer, data[0]), from_dict(task.network, data[1]), from_dict(TrainingConfig, data[2])
        )

    def to_list(self) -> list[dict[str, Any]]:
        """Return plain data, for JSON."""
        return [to_dict(config) for config in self]


class Prepared(NamedTuple):
    """What preparation made of the corpora: data/report.json.

    texts: learnt and held out; skipped: how many, by reason; held_out: which texts, for a person
    longest: of pairs, most tokens of a source and of a target with their ends
    """

    texts: int
    skipped: dict[str, int]
    held_out: str
    longest: dict[str, int] | None = None


class Run:
    """The folder of a training: settings.json, data, checkpoint, and the model folder itself."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.checkpoint = Checkpoint(self.folder)
        self._settings = self.folder / "settings.json"
        self._report = self.data / "report.json"

    def make(self) -> None:
        """Make the folder; TrainingError for one that holds a run or a model, or cannot be made."""
        if self._settings.exists() or (self.folder / "config.json").exists():
            raise TrainingError(
                f"{self.folder} holds a run already; an empty or new folder is expected.",
                f"--run {self.folder} --resume to go on with it, or another --run",
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self.folder} cannot be made: {error.strerror}."
            raise TrainingError(message, "--run with a folder you may write") from error

    def begin_data(self, request: Request) -> Request:
        """Make an empty data folder; the request with corpora that can be read twice.

        Standard input, which can be read only once, is kept in the folder, and its path there stands in the request.
        """
        self._clear_data()
        self.data.mkdir(parents=True)
        return replace(request, corpora=tuple(self._kept(source) for source in request.corpora))

    def _kept(self, source: str) -> str:
        if source != "-":
            return absolute(source)
        path = self.data / "stdin.txt"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        return str(path)

    def write_settings(self, request: Request, config: RunConfig) -> None:
        """Store what was asked for."""
        facts = {"request": request.to_dict(), "settings": config.to_list()}
        write_atomically(self._settings, json.dumps(facts, indent=1).encode())

    def check_begun(self) -> None:
        """Raise TrainingError for a folder without a training."""
        if not self._settings.is_file():
            raise TrainingError(
                f"{self.folder} holds no training to resume; a folder that an earlier --run wrote is expected.",
                f"seqtext train fill CORPUS --run {self.folder}",
            )

    def read_settings(self) -> tuple[Request, RunConfig]:
        """Read what was asked for, with the settings of the last checkpoint; raises TrainingError."""
        facts = json.loads(self._settings.read_text(encoding="utf-8"))
        if self.checkpoint.exists():
            facts["settings"] = self.checkpoint.state()["settings"]
        request = Request.from_dict(facts["request"])
        return request, RunConfig.from_list(TASKS[request.task], facts["settings"])

    def prepared_config(self, task: Task) -> RunConfig:
        """Read the settings as preparation left them: the corpus decides what is "auto"."""
        facts = json.loads(self._settings.read_text(encoding="utf-8"))
        return RunConfig.from_list(task, facts["settings"])

    def is_prepared(self) -> bool:
        """Tell whether the data are complete: the report is written last."""
        return self._report.is_file()

    def read_scores(self) -> dict[str, float]:
        """Read the scores of the best weights, from the run's config.json."""
        found: dict[str, float] = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))["scores"]
        return found

    def write_report(self, prepared: Prepared) -> None:
        """Store what preparation made; from here on the data are complete."""
        facts = {name: value for name, value in prepared._asdict().items() if value is not None}
        write_atomically(self._report, json.dumps(facts).encode())

    def read_report(self) -> Prepared:
        """Read what preparation made."""
        facts = json.loads(self._report.read_text(encoding="utf-8"))
        return Prepared(**{name: facts[name] for name in Prepared._fields if name in facts})

    def write_data(self, name: str, value: Any) -> None:
        """Store a text as it is, or anything else as JSON, under a name in the data."""
        text = value if isinstance(value, str) else json.dumps(value)
        write_atomically(self.data / name, text.encode())

    def read_data(self, name: str) -> Any:
        """Read JSON from the data."""
        return json.loads((self.data / name).read_text(encoding="utf-8"))

    def read_tokenizer(self) -> str:
        """Read the text of tokenizer.json in the data."""
        return (self.data / "tokenizer.json").read_text(encoding="utf-8")

    def validate_on_training_data(self) -> None:
        """Copy train to valid, where there are too few texts to hold any out."""
        shutil.rmtree(self.data / "valid")
        shutil.copytree(self.data / "train", self.data / "valid")

    def forget(self) -> None:
        """Remove data and settings, so that the same --run may be typed again."""
        self._clear_data()
        self._settings.unlink(missing_ok=True)

    def _clear_data(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
