"""Manage the folder of a training run."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqtext.data.pipes import is_pipe
from seqtext.errors import TrainingError, argument, arguments, either
from seqtext.shell import quote
from seqtext.storage.atomic import replace_file, sync_names, write_atomically, writing
from seqtext.storage.learnt import PATH as LEARNT
from seqtext.storage.model_folder import FILES, describe
from seqtext.tasks import TASKS
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.lock import RunLock
from seqtext.training.pipes import found_again, is_kept, keep_pipe, path_of_copy
from seqtext.training.prepared import Prepared, are_texts
from seqtext.training.progress import RunProgress
from seqtext.training.request import Request, RunConfig, absolute, settings_json
from seqtext.training.state_files import digest_of_bytes, digest_of_files, read_json, read_state, read_text


def make_folder(folder: Path) -> None:
    """Create the folder of a training run; raises TrainingError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made: {error.strerror}."
        raise TrainingError(message, f"{argument('run')} with a folder you may write") from error


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Link a file to another name. Copy it where links are not possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


#: Files fitted to the data that outlive a trial: a linear classifier, see `training.ngrams`, and cross-validated scores
#: of the training texts, see `training.held_out_scores`.
LINEAR, OUT_OF_FOLD = "linear.safetensors", "out_of_fold_scores.safetensors"


class Run:
    """Hold the folder of a training run: settings, data, checkpoint, model.

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
        """Return the hint that resumes the run."""
        return self.again_with()

    def again_with(self, **more: Any) -> str:
        """Return the hint that resumes the run with further options."""
        return arguments(run=str(self.folder), resume=True, **more)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder for this process inside the block.

        Raises TrainingError, which names the process that holds it.
        """
        with self._lock:
            yield

    def check_there(self) -> None:
        """Raise TrainingError if the folder was removed or replaced since locking."""
        self._lock.check_there()

    def check_free(self) -> None:
        """Raise TrainingError unless the folder is free for a new run.

        It must not hold a run, a model, or files that a run would overwrite.
        """
        if self._settings.exists() or (self.folder / "config.json").exists() or self.checkpoint.exists():
            raise TrainingError(
                f"{self.folder} holds a run already; an empty or new folder is expected.",
                f"{self.again} to go on with it, or another {argument('run')}",
            )
        if self._taken():
            raise TrainingError(
                f"{self._taken()} is in the way, which no run has written; an empty or new folder is expected.",
                arguments(run=str(self.folder / "run")),
            )

    def _taken(self) -> Path | None:
        """Return a path that a run would overwrite, if any; copies of pipes stay, and are not in the way."""
        names = (*FILES, "data.new", "rungs", self.checkpoint.folder.name)
        if os.path.lexists(self.data) and not (self.data.is_dir() and all(map(is_kept, self.data.iterdir()))):
            return self.data
        return next((self.folder / name for name in names if os.path.lexists(self.folder / name)), None)

    def make(self) -> None:
        """Create the folder of a new run.

        Raises TrainingError for a folder that another process writes to, is not free or cannot be created.
        """
        if self._settings.exists():
            with self._lock:  # whoever writes to it is named first
                pass
        self.check_free()
        make_folder(self.folder)

    def begin(self, request: Request, config: RunConfig) -> tuple[Request, list[Path]]:
        """Store the request; copy the corpora that can be read only once.

        The settings are hidden until every copy is whole: whenever the process is killed, either nothing is there to
        resume, or all of it.

        returns the request with the copies, and their paths
        raises CorpusError for a pipe that cannot be opened, ModelError where something cannot be written
        """
        request, pipes = self._with_copies(request)
        write_atomically(self._begun, settings_json(request, config))
        for source, path in pipes.items():
            keep_pipe(source, path)
        self.settle_settings()
        return request, list(pipes.values())

    def _with_copies(self, request: Request) -> tuple[Request, dict[str, Path]]:
        """Return a request whose corpora can all be read again, and the path of the copy of each pipe."""
        numbered = enumerate(dict.fromkeys(filter(is_pipe, request.sources)))
        pipes = {source: path_of_copy(source, self.data, number) for number, source in numbered}

        return request.moved(lambda source: str(pipes[source]) if source in pipes else absolute(source)), pipes

    def is_begun(self) -> bool:
        """Return whether there is a training run to resume."""
        return self._settings.is_file() or self.checkpoint.exists() or self._is_copied()

    def _is_copied(self) -> bool:
        """Return whether the hidden settings count: every copy of a pipe is there."""
        with suppress(TrainingError):
            if self._begun.is_file():
                request = Request.from_dict(read_state(self._begun).get("request"), self._begun)
                return all(Path(source).is_file() for source in request.sources if is_kept(Path(source)))
        return False

    def settle_settings(self) -> None:
        """Move hidden settings to their place, where there are any."""
        if self._begun.is_file():
            replace_file(self._begun, self._settings)
            sync_names(self.folder)

    @contextmanager
    def preparing(self) -> Iterator["Run"]:
        """Yield a run whose data are a new folder.

        It replaces the old data where the block succeeds; until then what an earlier preparation left is untouched.
        Raises ModelError where they cannot be written.
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
        """Move new data to their place, the report last: without it, they are prepared again."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._clear_data()
        for name in (LINEAR, OUT_OF_FOLD):  # they are of the former data
            (self.folder / name).unlink(missing_ok=True)
        for path in sorted(scratch.data.iterdir(), key=lambda path: path.name == "report.json"):
            replace_file(path, self.data / path.name)
        sync_names(self.data)

    def _clear_data(self) -> None:
        """Remove what an earlier preparation left, the report first."""
        self._report.unlink(missing_ok=True)
        for path in self.data.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif not is_kept(path):
                path.unlink()

    def link_data(self, other: "Run") -> None:
        """Link the data of another run.

        They are the same files under other names, or copies where the disk has no links.
        """
        with self.preparing() as scratch:
            shutil.copytree(
                other.data, scratch.data, dirs_exist_ok=True, copy_function=link_or_copy,
                ignore=lambda folder, names: [name for name in names if is_kept(Path(folder) / name)],
            )  # fmt: skip

    def write_settings(self, request: Request, config: RunConfig) -> None:
        """Store request and settings; raises ModelError."""
        write_atomically(self._settings, settings_json(request, config))

    def check_begun(self, task: str) -> None:
        """Raise TrainingError for a folder without a training run.

        task: of the command in the hint
        """
        if not self.is_begun():
            raise TrainingError(
                f"{self.folder} holds no training to resume; a folder that an earlier {argument('run')} wrote is "
                "expected.",
                either(
                    f"train({task!r}, CORPUS, {str(self.folder)!r})",
                    f"seqtext train {task} CORPUS --run {quote(str(self.folder))}",
                ),
            )

    def read_settings(self) -> tuple[Request, RunConfig]:
        """Read the request, with the settings of the last checkpoint.

        The checkpoint holds a copy of the request, too, which replaces a settings.json that is lost or damaged.

        Raises TrainingError where both are.
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
        source_path = path if state is None else self.checkpoint.pointer
        config = RunConfig.from_state(TASKS[request.task], facts if state is None else state, source_path)
        return replace(request, masks=config.tokenizer.masks), config

    def keep_threads(self, threads: int) -> None:
        """Store the chosen number of threads, to resume with it."""
        request, config = self.read_settings()
        self.write_settings(request, config._replace(training=replace(config.training, threads=threads)))

    def is_prepared(self) -> bool:
        """Return whether the data are complete: the report is written last."""
        return self._report.is_file()

    def read_scores(self) -> dict[str, float]:
        """Read the best weights' scores from config.json; raises ModelError."""
        found = describe(self.folder)["scores"]
        return found if isinstance(found, dict) else {}

    def read_remarks(self) -> tuple[str, ...]:
        """Read remarks on the scores, in sentences; raises ModelError."""
        found = describe(self.folder).get("remarks", ())
        return tuple(found) if are_texts(found) else ()

    def read_intervals(self) -> dict[str, list[float]]:
        """Read the confidence intervals of scores; raises ModelError."""
        found = describe(self.folder).get("intervals")
        return found if isinstance(found, dict) else {}

    def write_report(self, prepared: Prepared) -> None:
        """Store the report of preparation, with the digest of its files.

        From here on the data are complete.
        """
        prepared._replace(digest=self._digest(), bytes=self._bytes()).write(self._report)

    def read_report(self) -> Prepared:
        """Read the report of preparation.

        Raises TrainingError for a damaged report, which a new preparation replaces.
        """
        return Prepared.read(self._report, self._prepare_again)

    @property
    def _prepare_again(self) -> str:
        return f"rm {quote(str(self._report))}, then {self.again}: the corpus is read again"

    def _files(self) -> list[Path]:
        """List the prepared files to learn from: not the report, nor the hashes, which earlier versions lack."""
        found = (path for path in self.data.rglob("*") if path.is_file() and not is_kept(path))
        return [path for path in found if path not in (self._report, self.data / LEARNT.name)]

    def _bytes(self) -> int:
        """Count the bytes of the prepared files."""
        return sum(path.stat().st_size for path in self._files())

    def _digest(self) -> str:
        """Compute the digest of the prepared files."""
        return digest_of_files(self.data, self._files())

    def check_data(self) -> None:
        """Raise TrainingError where the data are damaged or were exchanged.

        They must be those that were prepared, and those that the checkpoint has learnt from.
        """
        report = self.read_report()
        # The size first: reading a file that grows without bound would never end.
        if report.digest and (report.bytes != self._bytes() or report.digest != self._digest()):
            raise TrainingError(
                f"{self.data} is damaged: its files are not those that were prepared.", self._prepare_again
            )
        bound = self.checkpoint.state().get("data") if self.checkpoint.exists() else None
        if bound and report.digest and bound != report.digest:
            raise TrainingError(f"{self.data} is not what the checkpoint has learnt from.", self._prepare_again)

    def binding(self) -> dict[str, str]:
        """Return digests that bind a checkpoint to its data.

        They are those of the data, and of the files that give ids their meaning.
        """
        names = {"tokenizer": self.data / "tokenizer.json", "labels": self.data / "labels.json"}
        digests = {name: digest_of_bytes(path.read_bytes()) for name, path in names.items() if path.is_file()}
        return {"data": self.read_report().digest, **digests}

    def check_bound(self, *, accept_changed_corpus: bool) -> None:
        """Check that data that were prepared again match the checkpoint.

        Raises TrainingError where the checkpoint has learnt from other data, unless a changed corpus is accepted and
        its tokenizer and labels are the same.
        """
        if not self.checkpoint.exists():
            return
        state, now = self.checkpoint.state(), self.binding()
        for name, what in (("tokenizer", "vocabulary"), ("labels", "labels")):
            if state.get(name, now.get(name)) != now.get(name) and (accept_changed_corpus or name == "labels"):
                raise TrainingError(
                    f"The corpus has changed since the checkpoint was written: it has other {what}, of which the "
                    "network knows nothing.",
                    f"put the corpus back as it was, then {self.again}; or another {argument('run')}",
                )
        if (not state.get("data") or state["data"] != now["data"]) and not accept_changed_corpus:
            changed = "has changed" if state.get("data") else "may have changed"  # an earlier version left no digest
            hint = "put the corpus back as it was, or" if state.get("data") else "if it is as it was:"
            raise TrainingError(
                f"{self.folder / 'data'} must be prepared again, but the corpus {changed} since the checkpoint was "
                "written.",
                f"{hint} {self.again_with(accept_changed_corpus=True)}",
            )

    def accept_data(self) -> None:
        """Bind the checkpoint to the present data.

        Progress through the data begins again.
        """
        progress = self.progress()
        progress.begin_pass()
        self.checkpoint.amend({**self.binding(), "progress": progress.to_dict()})

    def progress(self) -> RunProgress:
        """Read the progress of the checkpoint; raises TrainingError."""
        return RunProgress.from_dict(self.checkpoint.state()["progress"], self.checkpoint.pointer)

    def kept_tokenizer(self) -> str:
        """Read the tokenizer of the checkpoint's network; raises TrainingError."""
        try:
            return self.checkpoint.tokenizer()
        except TrainingError:  # of an earlier version, which left it in the model folder alone
            return read_text(self.folder / "tokenizer.json")

    def extend(self, unit: str, amount: float) -> None:
        """Extend the budget of the run, in its own unit.

        The best weights stay the best, unless they were evaluated on only a part of the held-out texts.

        unit: "minutes", "epochs" or "steps"; amount: the addition, in this unit
        """
        request, config = self.read_settings()
        before = getattr(config.training, unit)
        total = before + amount
        config = config._replace(training=replace(config.training, **{unit: total}))
        if not self.checkpoint.exists():
            self.write_settings(request, config)
            return
        progress = self.progress()
        progress.extend(unit, before, amount)
        self.checkpoint.amend({"settings": config.to_list(), "progress": progress.to_dict()})

    def extend_to(self, unit: str, total: float) -> None:
        """Extend the budget of the run to a total, if smaller."""
        before = getattr(self.read_settings()[1].training, unit)
        if before < total:
            self.extend(unit, total - before)

    def write_data(self, name: str, value: Any) -> None:
        """Write a data file: text as it is, other values as JSON. Raises ModelError."""
        text = value if isinstance(value, str) else json.dumps(value)
        write_atomically(self.data / name, text.encode())

    def read_data(self, name: str) -> Any:
        """Read JSON from the data; raises TrainingError."""
        return read_json(self.data / name, self._prepare_again)

    def read_tokenizer(self) -> str:
        """Read the text of tokenizer.json in the data; raises TrainingError."""
        return read_text(self.data / "tokenizer.json", self._prepare_again)

    def validate_on_training_data(self) -> None:
        """Copy train to valid, where too few texts can be held out."""
        shutil.rmtree(self.data / "valid")
        shutil.copytree(self.data / "train", self.data / "valid")

    def forget(self) -> None:
        """Remove settings and data, so that --run accepts the folder again.

        Copies of pipes stay.
        """
        self._settings.unlink(missing_ok=True)
        with suppress(OSError):  # it is not there, or not empty
            self._clear_data()
            self.data.rmdir()
