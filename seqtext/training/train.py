"""Train a task from corpora to a model folder, as a generator of events."""

import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from seqtext.data.corpus import Corpora, corpus_names
from seqtext.errors import ConfigError
from seqtext.tasks import TASKS, Settings, Task, resolve
from seqtext.training.device import Device, choose_device
from seqtext.training.events import Counted, Event, Finished, Started
from seqtext.training.loop import Loop
from seqtext.training.run import Request, Run, RunConfig
from seqtext.training.settings import check_task, configure
from seqtext.training.tasks.base import TrainingTask


def train(
    task: str,
    corpora: Corpora | None,
    run: str | Path,
    *,
    valid: Corpora | None = None,
    columns: Mapping[str, str] | None = None,
    preset: str = "base",
    start: str | Path | None = None,
    resume: bool = False,
    encoding_errors: str = "strict",
    **settings: Any,
) -> Generator[Event, None, None]:
    """Learn a task from corpora and write a model folder; yields events while it goes on.

    task:     "fill", "generate", "anomaly", "translate", "summarize" or "classify"
    corpora:  files, folders or `hf:NAME`; None with resume, which knows them
    run:      the folder to write; `seqtext.load(run)` answers from it
    start:    a model to continue from, with its tokenizer and network; for "classify" also one of "fill" or "generate",
              see `seqtext.training.tasks.classifier.taken_settings`
    settings: any field of the task's configs (`seqtext.tasks.Task.configs`), over those of the preset

    Raises ConfigError, CorpusError, TrainingError or ModelError. Closing the generator saves nothing more; Ctrl-C
    saves and raises KeyboardInterrupt.

    >>> for event in train("fill", "corpora/everyday.txt", "runs/mine", minutes=2):  # doctest: +SKIP
    ...     print(event)
    """
    record, target = check_task(task, preset), Run(run)
    state = PartialState(cpu=not torch.cuda.is_available())
    if resume:
        request, config = _resumed(target, settings)
        record = TASKS[request.task]
    else:
        config = configure(record, preset, settings, start)
        request = Request(
            task, corpus_names(corpora), None if valid is None else corpus_names(valid),
            dict(columns) if columns else None, None if start is None else str(start), encoding_errors,
        )  # fmt: skip
        if not request.corpora:
            raise ConfigError(
                "No corpus was received; at least one file is expected.", "seqtext train fill my.txt --run runs/mine"
            )
        if state.is_main_process:
            target.make()
    device = choose_device(config.training, state.num_processes)
    if not (resume and target.is_prepared()):
        if state.is_main_process:
            _prepare(record, target, request, config)
        state.wait_for_everyone()
    if config.tokenizer.tokens == "auto":  # the corpus has decided
        config = target.prepared_config(record)
    torch.manual_seed(config.training.seed)
    learner: TrainingTask = resolve(record.training)(target, request, config, device.device)
    source = request.start_model()
    if source is not None:
        learner.start_from(source.weights)
    yield _started(target, learner, device)
    yield from _learn(learner, device, resume and target.checkpoint.exists())


def _resumed(run: Run, settings: Settings) -> tuple[Request, RunConfig]:
    """Read the request and settings of a run to go on with, which takes none of its own."""
    run.check_begun()
    if settings:
        names = ", ".join("--" + name.replace("_", "-") for name in settings)
        raise ConfigError(
            f"{names} was given with --resume, which keeps the run's own settings.", f"--run {run.folder} --resume"
        )
    return run.read_settings()


def _prepare(task: Task, run: Run, request: Request, config: RunConfig) -> None:
    """Turn the corpora into the data of the run."""
    try:
        resolve(task.prepare)(run, request, config)
    except BaseException:  # nothing is learnt yet, so the same --run may be typed again
        run.forget()
        raise


def _started(run: Run, learner: TrainingTask, device: Device) -> Started:
    """Tell what was read and what will be trained."""
    report, network = run.read_report(), learner.network
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Started(
        report.texts, learner.tokens, report.skipped, report.held_out, parameters, parameters * 2,
        network.embedding.num_embeddings, str(device.device), device.precision, device.threads,
    )  # fmt: skip


def _learn(learner: TrainingTask, device: Device, resume: bool) -> Iterator[Event]:
    """Train until the end; what comes before the first update counts as time spent."""
    state, begun = PartialState(), time.monotonic()
    if not resume and learner.request.start is None:
        words = learner.begin(state.is_main_process, state.wait_for_everyone)
        if words:
            yield Counted(words, time.monotonic() - begun)
    loop = Loop(learner, device, time.monotonic() - begun)
    if resume:
        loop.restore()
    reason = yield from loop.events()
    state.wait_for_everyone()
    scores = learner.run.read_scores()
    yield Finished(loop.progress.step, time.monotonic() - begun, learner.run.folder, reason, scores)
