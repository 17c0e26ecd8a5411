"""A run: the folder that a training writes, what was asked for, and its settings."""

import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.lines import ENCODING_ERRORS, Report
from seqtext.errors import ConfigError, TrainingError
from seqtext.fields import from_dict, is_whole, to_dict
from seqtext.storage.atomic import sync_names, write_atomically, writing
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import FILES, ModelFolder, describe, read_folder
from seqtext.tasks import TASKS, Task
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.lock import RunLock
from seqtext.training.pipes import found_again, is_kept, is_pipe, keep_pipe, path_of_copy
from seqtext.training.state_files import (
    check_state,
    digest_of_bytes,
    digest_of_files,
    read_json,
    read_state,
    read_text,
)


def absolute(source: str) -> str:
    """Make the path of a corpus absolute; hf:NAME and - stay."""
    return source if source == "-" or source.startswith("hf:") else str(Path(source).absolute())


def make_folder(folder: Path) -> None:
    """Make the folder of a training; raises TrainingError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made: {error.strerror}."
        raise TrainingError(message, "--run with a folder you may write") from error


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _names_columns(value: object) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(one, str) for one in value.values()))


#: What settings.json may say of a request, and how an error says what is expected.
_REQUEST = {
    "task": (lambda value: isinstance(value, str) and value in TASKS, f"one of {', '.join(TASKS)}"),
    "corpora": (lambda value: _are_strings(value) and value, "a list of files"),
    "valid": (lambda value: value is None or _are_strings(value), "a list of files, or null"),
    "columns": (_names_columns, "names of columns by field, or null"),
    "start": (lambda value: value is None or isinstance(value, str), "a model, or null"),
    "encoding_errors": (lambda value: value in ENCODING_ERRORS, " or ".join(ENCODING_ERRORS)),
}


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
    def from_dict(cls, data: object, path: Path) -> "Request":
        """Build a request from plain data, as settings.json holds it; TrainingError names the path and the fault."""
        data = check_state(data, _REQUEST, path)
        valid = None if data["valid"] is None else tuple(data["valid"])
        known = {item.name: data[item.name] for item in fields(cls)}  # a later version may have written more
        return cls(**{**known, "corpora": tuple(data["corpora"]), "valid": valid})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return asdict(self)

    @property
    def sources(self) -> tuple[str, ...]:
        """The corpora, and after them the held-out ones."""
        return (*self.corpora, *(self.valid or ()))

    def moved(self, place: Callable[[str], str]) -> "Request":
        """Return the request with every corpus in another place."""
        valid = None if self.valid is None else tuple(map(place, self.valid))
        return replace(self, corpora=tuple(map(place, self.corpora)), valid=valid)

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


def _settings_json(request: Request, config: RunConfig) -> bytes:
    """Encode what settings.json holds."""
    return json.dumps({"request": request.to_dict(), "settings": config.to_list()}, indent=1).encode()


def _are_three_objects(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(one, dict) for one in value)


_SETTINGS = {"settings": (_are_three_objects, "the settings of tokenizer, network and training")}


class Prepared(NamedTuple):
    """What preparation made of the corpora: data/report.json.

    texts: learnt and held out; skipped: how many, by reason; held_out: which texts, for a person
    longest: of pairs, most tokens of a source and of a target with their ends
    digest, bytes: of all files that preparation wrote; "" and 0 where an earlier version wrote the report
    """

    texts: int
    skipped: dict[str, int]
    held_out: str
    longest: dict[str, int] | None = None
    digest: str = ""
    bytes: int = 0


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(is_whole(one, 0) for one in value.values())


_PREPARED = {
    "texts": (lambda value: is_whole(value, 0), "a number of texts"),
    "skipped": (_are_counts, "numbers of texts by reason"),
    "held_out": (lambda value: isinstance(value, str), "a text"),
    "longest": (lambda value: value is None or (_are_counts(value) and len(value) == 2), "two numbers of tokens"),
    "digest": (lambda value: isinstance(value, str), "a text"),
    "bytes": (lambda value: is_whole(value, 0), "a number of bytes"),
}


class Run:
    """The folder of a training: settings.json, data, checkpoint, and the model folder itself.

    data: where the ids are read from; while they are prepared, the folder beside it in which they grow
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.checkpoint = Checkpoint(self.folder)
        self.tokenizer: str | None = None  # the text of the tokenizer that preparation is to use
        self._settings = self.folder / "settings.json"
        self._begun = self.folder / ".settings.json.begun"
        self._lock = RunLock(self.folder)

    @property
    def _report(self) -> Path:
        return self.data / "report.json"

    @property
    def again(self) -> str:
        """Options that go on with the run, as they are typed."""
        return f"--run {shlex.quote(str(self.folder))} --resume"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process inside the block; TrainingError names the process that holds it."""
        with self._lock:
            yield

    def check_there(self) -> None:
        """Raise TrainingError where the folder was removed or replaced since it was locked."""
        self._lock.check_there()

    def check_free(self) -> None:
        """Raise TrainingError for a folder that holds a run, a model, or files that a run would overwrite."""
        if self._settings.exists() or (self.folder / "config.json").exists() or self.checkpoint.exists():
            raise TrainingError(
                f"{self.folder} holds a run already; an empty or new folder is expected.",
                f"{self.again} to go on with it, or another --run",
            )
        if self._taken():
            raise TrainingError(
                f"{self._taken()} is in the way, which no run has written; an empty or new folder is expected.",
                f"--run {shlex.quote(str(self.folder / 'run'))}",
            )

    def _taken(self) -> Path | None:
        """Return a path that a run would overwrite; what came through pipes stays, and is in nobody's way."""
        names = (*FILES, "data.new", self.checkpoint.folder.name)
        if os.path.lexists(self.data) and not (self.data.is_dir() and all(map(is_kept, self.data.iterdir()))):
            return self.data
        return next((self.folder / name for name in names if os.path.lexists(self.folder / name)), None)

    def make(self) -> None:
        """Make the folder; TrainingError for one that holds a run or a model, or cannot be made."""
        if self._settings.exists():
            with self._lock:  # whoever writes to it is named first
                pass
        self.check_free()
        make_folder(self.folder)

    def begin(self, request: Request, config: RunConfig) -> tuple[Request, list[Path]]:
        """Store what was asked for, and copy what can be read only once; the request with the copies, and these.

        The settings lie beside, hidden, until every copy is whole: whichever of the two a kill comes before, either
        nothing is there to go on with, or all of it.
        """
        request, pipes = self._with_copies(request)
        write_atomically(self._begun, _settings_json(request, config))
        for source, path in pipes.items():
            keep_pipe(source, path)
        self.settle_settings()
        return request, list(pipes.values())

    def _with_copies(self, request: Request) -> tuple[Request, dict[str, Path]]:
        """Return a request of which all can be read again, and the path of the copy of each pipe."""
        numbered = enumerate(dict.fromkeys(filter(is_pipe, request.sources)))
        pipes = {source: path_of_copy(source, self.data, number) for number, source in numbered}

        return request.moved(lambda source: str(pipes[source]) if source in pipes else absolute(source)), pipes

    def is_begun(self) -> bool:
        """Tell whether there is a training to go on with."""
        return self._settings.is_file() or self.checkpoint.exists() or self._is_copied()

    def _is_copied(self) -> bool:
        """Tell whether the hidden settings count: every copy of a pipe is there."""
        with suppress(TrainingError):
            if self._begun.is_file():
                request = Request.from_dict(read_state(self._begun).get("request"), self._begun)
                return all(Path(source).is_file() for source in request.sources if is_kept(Path(source)))
        return False

    def settle_settings(self) -> None:
        """Let hidden settings take their place, where there are any."""
        if self._begun.is_file():
            os.replace(self._begun, self._settings)
            sync_names(self.folder)

    @contextmanager
    def preparing(self) -> Iterator["Run"]:
        """Give a run whose data are a new folder; they take the place of the old ones where the block succeeds.

        Until then nothing that an earlier preparation left is touched.
        """
        scratch = Run(self.folder)
        scratch.data = self.folder / "data.new"
        scratch.tokenizer = self.tokenizer
        shutil.rmtree(scratch.data, ignore_errors=True)
        try:
            with writing(scratch.data):  # what cannot be read is a CorpusError already
                scratch.data.mkdir(parents=True)
                yield scratch
                self._adopt(scratch)
        finally:
            shutil.rmtree(scratch.data, ignore_errors=True)

    def _adopt(self, scratch: "Run") -> None:
        """Let new data take their places, the report last: without it, they are prepared again."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._clear_data()
        for path in sorted(scratch.data.iterdir(), key=lambda path: path.name == "report.json"):
            os.replace(path, self.data / path.name)
        sync_names(self.data)

    def _clear_data(self) -> None:
        """Remove what an earlier preparation left, the report first."""
        self._report.unlink(missing_ok=True)
        for path in self.data.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif not is_kept(path):
                path.unlink()

    def write_settings(self, request: Request, config: RunConfig) -> None:
        """Store what was asked for."""
        write_atomically(self._settings, _settings_json(request, config))

    def check_begun(self, task: str) -> None:
        """Raise TrainingError for a folder without a training; task: of the command in the hint."""
        if not self.is_begun():
            raise TrainingError(
                f"{self.folder} holds no training to resume; a folder that an earlier --run wrote is expected.",
                f"seqtext train {task} CORPUS --run {shlex.quote(str(self.folder))}",
            )

    def read_settings(self) -> tuple[Request, RunConfig]:
        """Read what was asked for, with the settings of the last checkpoint; raises TrainingError.

        The checkpoint holds a copy of the request, too, which stands in for a settings.json that is lost or damaged.
        """
        state = self.checkpoint.state() if self.checkpoint.exists() else None
        path = self._settings if self._settings.exists() or not self._is_copied() else self._begun
        try:
            facts = read_state(path)
            request = Request.from_dict(facts.get("request"), path)
        except TrainingError:
            if state is None:
                raise
            request = Request.from_dict(state.get("request"), self.checkpoint.pointer)
        request = request.moved(lambda source: found_again(source, self.folder))
        if state is not None:
            return request, self._config(request, state, self.checkpoint.pointer)
        return request, self._config(request, facts, path)

    @staticmethod
    def _config(request: Request, facts: Mapping[str, Any], path: Path) -> RunConfig:
        settings = check_state(facts, _SETTINGS, path)["settings"]
        try:
            config = RunConfig.from_list(TASKS[request.task], settings)
        except ConfigError as error:
            raise TrainingError(f"{path} is damaged: {error.message}", "train again with another --run") from error
        if not config.training.unit:
            raise TrainingError(
                f"{path} is damaged: it says neither minutes nor epochs nor steps.", "train again with another --run"
            )
        return config

    def keep_threads(self, threads: int) -> None:
        """Store the number of threads that was chosen, so that the run goes on with it."""
        request, config = self.read_settings()
        self.write_settings(request, config._replace(training=replace(config.training, threads=threads)))

    def is_prepared(self) -> bool:
        """Tell whether the data are complete: the report is written last."""
        return self._report.is_file()

    def read_scores(self) -> dict[str, float]:
        """Read the scores of the best weights, from the run's config.json; raises ModelError."""
        found = describe(self.folder)["scores"]
        return found if isinstance(found, dict) else {}

    def write_report(self, prepared: Prepared) -> None:
        """Store what preparation made, and the digest of its files; from here on the data are complete."""
        prepared = prepared._replace(digest=self._digest(), bytes=self._bytes())
        facts = {name: value for name, value in prepared._asdict().items() if value is not None}
        write_atomically(self._report, json.dumps(facts).encode())

    def read_report(self) -> Prepared:
        """Read what preparation made; TrainingError for a damaged report, which a new preparation replaces."""
        facts = {"longest": None, "digest": "", "bytes": 0, **read_state(self._report, self._prepare_again)}
        facts = check_state(facts, _PREPARED, self._report, self._prepare_again)
        return Prepared(**{name: facts[name] for name in Prepared._fields})

    @property
    def _prepare_again(self) -> str:
        return f"rm {shlex.quote(str(self._report))}, then {self.again}: the corpus is read again"

    def _files(self) -> list[Path]:
        """List what preparation wrote, but the report."""
        found = (path for path in self.data.rglob("*") if path.is_file() and not is_kept(path))
        return [path for path in found if path != self._report]

    def _bytes(self) -> int:
        """Count the bytes of what preparation wrote."""
        return sum(path.stat().st_size for path in self._files())

    def _digest(self) -> str:
        """Compute the digest of what preparation wrote."""
        return digest_of_files(self.data, self._files())

    def check_data(self) -> None:
        """Raise TrainingError where the data are not those that were prepared, or that the checkpoint has learnt."""
        report = self.read_report()
        # The size first: a file that has grown without bound would be read for ever.
        if report.digest and (report.bytes != self._bytes() or report.digest != self._digest()):
            raise TrainingError(
                f"{self.data} is damaged: its files are not those that were prepared.", self._prepare_again
            )
        bound = self.checkpoint.state().get("data") if self.checkpoint.exists() else None
        if bound and report.digest and bound != report.digest:
            raise TrainingError(f"{self.data} is not what the checkpoint has learnt from.", self._prepare_again)

    def binding(self) -> dict[str, str]:
        """Tell what a checkpoint is bound to: digests of the data, and of those files that give ids their meaning."""
        names = {"tokenizer": self.data / "tokenizer.json", "labels": self.data / "labels.json"}
        digests = {name: digest_of_bytes(path.read_bytes()) for name, path in names.items() if path.is_file()}
        return {"data": self.read_report().digest, **digests}

    def check_bound(self, *, accept_changed_corpus: bool) -> None:
        """Raise TrainingError unless data that were prepared again are what the checkpoint has learnt from."""
        if not self.checkpoint.exists():
            return
        state, now = self.checkpoint.state(), self.binding()
        for name, what in (("tokenizer", "vocabulary"), ("labels", "labels")):
            if state.get(name, now.get(name)) != now.get(name) and (accept_changed_corpus or name == "labels"):
                raise TrainingError(
                    f"The corpus has changed since the checkpoint was written: it has other {what}, of which the "
                    "network knows nothing.",
                    f"put the corpus back as it was, then {self.again}; or another --run",
                )
        if (not state.get("data") or state["data"] != now["data"]) and not accept_changed_corpus:
            changed = "has changed" if state.get("data") else "may have changed"  # an earlier version left no digest
            hint = "put the corpus back as it was, or" if state.get("data") else "if it is as it was:"
            raise TrainingError(
                f"{self.folder / 'data'} must be prepared again, but the corpus {changed} since the checkpoint was "
                "written.",
                f"{hint} {self.again} --accept-changed-corpus",
            )

    def accept_data(self) -> None:
        """Bind the checkpoint to the present data, of which nothing was read or measured yet."""
        progress = self.checkpoint.state()["progress"]
        epoch = progress["position"]["epoch"]  # the pass begins anew: with --epochs it would else count as made
        progress = {**progress, "position": {"epoch": epoch, "pool": 0, "batch": 0}}
        progress |= {"best": None, "without_gain": 0}  # scores on other held-out texts are no scores of these
        self.checkpoint.amend({**self.binding(), "progress": progress})

    def kept_tokenizer(self) -> str:
        """Read the tokenizer whose ids the checkpoint's network knows; raises TrainingError."""
        try:
            return self.checkpoint.tokenizer()
        except TrainingError:  # of an earlier version, which left it in the model folder alone
            return read_text(self.folder / "tokenizer.json")

    def extend(self, unit: str, amount: float) -> None:
        """Add to the budget of the run: so many minutes, epochs or steps, in its own unit.

        The best stays the best, unless it was so on a part of the held-out texts.
        """
        request, config = self.read_settings()
        before = getattr(config.training, unit)
        total = before + amount
        config = config._replace(training=replace(config.training, **{unit: total}))
        if not self.checkpoint.exists():
            self.write_settings(request, config)
            return
        progress = self.checkpoint.state()["progress"]
        note = {"step": progress["step"], "seconds": round(progress["seconds"], 1), "added": {unit: amount}}
        progress = {
            **progress,
            "evaluations": int(progress["evaluations"] * before / total),
            "without_gain": 0,
            "history": [*progress["history"], note],
        }
        if progress.get("texts"):  # with more time, more of them may be measured, and scores of others say nothing then
            progress |= {"texts": None, "best": None, "evaluation_seconds": 0.0}
        self.checkpoint.amend({"settings": config.to_list(), "progress": progress})

    def write_data(self, name: str, value: Any) -> None:
        """Store a text as it is, or anything else as JSON, under a name in the data."""
        text = value if isinstance(value, str) else json.dumps(value)
        write_atomically(self.data / name, text.encode())

    def read_data(self, name: str) -> Any:
        """Read JSON from the data; raises TrainingError."""
        return read_json(self.data / name, self._prepare_again)

    def read_tokenizer(self) -> str:
        """Read the text of tokenizer.json in the data; raises TrainingError."""
        return read_text(self.data / "tokenizer.json", self._prepare_again)

    def validate_on_training_data(self) -> None:
        """Copy train to valid, where there are too few texts to hold any out."""
        shutil.rmtree(self.data / "valid")
        shutil.copytree(self.data / "train", self.data / "valid")

    def forget(self) -> None:
        """Remove settings and data, so that the same --run may be typed again; what came through a pipe stays."""
        self._settings.unlink(missing_ok=True)
        with suppress(OSError):  # it is not there, or not empty
            self._clear_data()
            self.data.rmdir()
