"""Hold the request of a training run: its corpora and settings."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.encodings import is_encoding
from seqtext.data.lines import ENCODING_ERRORS, Report
from seqtext.data.wanted import ON_FILE_ERROR
from seqtext.errors import ConfigError, TrainingError, argument
from seqtext.fields import from_dict, to_dict
from seqtext.masks import NO_MASKS, Masks
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import ModelFolder, read_folder
from seqtext.tasks import TASKS, Task
from seqtext.training.state_files import check_state


def absolute(source: str) -> str:
    """Make the path of a corpus absolute; hf:NAME and - stay."""
    return source if source == "-" or source.startswith("hf:") else str(Path(source).absolute())


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _names_columns(value: object) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(column, str) for column in value.values()))


#: Rules for a request in settings.json, and what an error says is expected.
_REQUEST = {
    "task": (lambda value: isinstance(value, str) and value in TASKS, f"one of {', '.join(TASKS)}"),
    "corpora": (lambda value: _are_strings(value) and value, "a list of files"),
    "valid": (lambda value: value is None or _are_strings(value), "a list of files, or null"),
    "columns": (_names_columns, "names of columns by field, or null"),
    "start": (lambda value: value is None or isinstance(value, str), "a model, or null"),
    "encoding_errors": (lambda value: value in ENCODING_ERRORS, " or ".join(ENCODING_ERRORS)),
    "on_error": (lambda value: value in ("", *ON_FILE_ERROR), f"{' or '.join(ON_FILE_ERROR)}, or nothing"),
    "paragraphs": (lambda value: isinstance(value, bool), "true or false"),
    "encoding": (lambda value: value is None or is_encoding(value), "an encoding, or null"),
}
#: Defaults of keys that earlier versions did not write.
_LATER = {"on_error": "", "paragraphs": False, "encoding": None}


@dataclass(frozen=True)
class Request:
    """Hold the corpora and start model of a training run. Its settings are a RunConfig.

    task: a name in `seqtext.tasks.TASKS`
    corpora, valid: files, folders or hf:NAME; valid is None where held-out text is taken from the corpora
    columns: names of columns by field; encoding: of text that is not UTF-8; start: the model to start from
    encoding_errors: "strict", or "replace" to read U+FFFD for what cannot be decoded
    on_error, paragraphs: as for `seqtext.data.corpus.read_texts`
    masks: what stand-ins are written for, in every text that is read; the settings know it, plain data do not
    """

    task: str
    corpora: tuple[str, ...]
    valid: tuple[str, ...] | None = None
    columns: dict[str, str] | None = None
    start: str | None = None
    encoding_errors: str = "strict"
    on_error: str = ""
    paragraphs: bool = False
    encoding: str | None = None
    masks: Masks = field(default=NO_MASKS, compare=False)

    @classmethod
    def from_dict(cls, data: object, path: Path) -> "Request":
        """Build a request from plain data, as settings.json holds it.

        Raises TrainingError, which names the path and the fault.
        """
        data = check_state({**_LATER, **data} if isinstance(data, dict) else data, _REQUEST, path)
        valid = None if data["valid"] is None else tuple(data["valid"])
        known = {name: data[name] for name in _REQUEST}  # a later version may have written more
        return cls(**{**known, "corpora": tuple(data["corpora"]), "valid": valid})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {name: getattr(self, name) for name in _REQUEST}

    @property
    def sources(self) -> tuple[str, ...]:
        """List the corpora, followed by the held-out ones."""
        return (*self.corpora, *(self.valid or ()))

    def moved(self, place: Callable[[str], str]) -> "Request":
        """Return the request with the path of every corpus replaced."""
        valid = None if self.valid is None else tuple(map(place, self.valid))
        return replace(self, corpora=tuple(map(place, self.corpora)), valid=valid)

    @property
    def names(self) -> str:
        """Join the names of the corpora for a message."""
        return ", ".join(self.corpora)

    @property
    def _how(self) -> dict[str, Any]:
        return {
            "columns": self.columns, "encoding_errors": self.encoding_errors, "encoding": self.encoding,
            "on_error": self.on_error,
        }  # fmt: skip

    def texts(
        self, sources: Iterable[str], report: Report | None = None, *, blank_lines: bool = False
    ) -> Iterable[str]:
        """Read corpora of texts; see `seqtext.data.corpus.read_texts`."""
        paragraphs = self.paragraphs if TASKS[self.task].prose else None
        texts = read_texts(list(sources), report=report, blank_lines=blank_lines, paragraphs=paragraphs, **self._how)
        return map(self.masks, texts) if self.masks else texts

    def pairs(self, sources: Iterable[str], report: Report | None = None) -> Iterable[tuple[str, str]]:
        """Read corpora of pairs, source and target; raises CorpusError."""
        for row in read_rows(list(sources), ("source", "target"), report=report, **self._how):
            yield self.masks(row["source"]), self.masks(row["target"])

    def labelled(
        self, sources: Iterable[str], report: Report | None = None, *, several: bool = False
    ) -> Iterable[tuple[str, str]]:
        """Read corpora of labelled texts, label and text; raises CorpusError."""
        rows = read_labelled(list(sources), report=report, several=several, **self._how)
        return ((label, self.masks(text)) for label, text in rows) if self.masks else rows

    def start_model(self) -> ModelFolder | None:
        """Read the model to start from; None where there is none. Raises ModelError."""
        return None if self.start is None else read_folder(find(self.start))


def _are_three_objects(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(one, dict) for one in value)


_SETTINGS = {"settings": (_are_three_objects, "the settings of tokenizer, network and training")}


class RunConfig(NamedTuple):
    """Hold the settings of a run: tokenizer, network and training."""

    tokenizer: TokenizerConfig
    network: Any
    training: TrainingConfig

    @classmethod
    def from_list(cls, task: Task, data: Sequence[Mapping[str, Any]]) -> "RunConfig":
        """Build the configs of a task from plain data, one mapping each. Raises ConfigError."""
        return cls(
            from_dict(task.tokenizer, data[0]), from_dict(task.network, data[1]), from_dict(TrainingConfig, data[2])
        )

    @classmethod
    def from_state(cls, task: Task, facts: Mapping[str, Any], path: Path) -> "RunConfig":
        """Build the configs of a task from a state file.

        Raises TrainingError, which names the path and the fault.
        """
        settings = check_state(facts, _SETTINGS, path)["settings"]
        try:
            config = cls.from_list(task, settings)
        except ConfigError as error:
            raise TrainingError(
                f"{path} is damaged: {error.message}", f"train again with another {argument('run')}"
            ) from error
        if not config.training.unit:
            raise TrainingError(
                f"{path} is damaged: it says neither minutes nor epochs nor steps.",
                f"train again with another {argument('run')}",
            )
        return config

    def to_list(self) -> list[dict[str, Any]]:
        """Return plain data, for JSON."""
        return [to_dict(config) for config in self]


def settings_json(request: Request, config: RunConfig) -> bytes:
    """Encode request and settings as settings.json holds them."""
    return json.dumps({"request": request.to_dict(), "settings": config.to_list()}, indent=1).encode()
