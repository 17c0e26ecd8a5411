"""Train a task, from corpora to a model folder.

`train` is a generator of events. With `deterministic` on a GPU, PyTorch keeps to deterministic kernels until the
generator ends or is closed. Without `threads`, the number that learns fastest beside other work is found by trial: with
`minutes` now and then, else once, before the first update. OMP_WAIT_POLICY and GOMP_SPINCOUNT stay as torch read them
at its import.
"""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seqtext.config import TrainingConfig
from seqtext.data.sources import Corpora, corpus_names
from seqtext.errors import ConfigError, CorpusError, SeqtextError, TrainingError, argument
from seqtext.tasks import Settings, Task, checked_paragraphs, resolve
from seqtext.training.advice import advise
from seqtext.training.asked import Asked, ask_new, check_new, check_resumable
from seqtext.training.choice import RungChoice, TooSlowError, Trial, close
from seqtext.training.choose import choose
from seqtext.training.deterministic import deterministic_kernels, settle_workspace
from seqtext.training.device import Device, choose_device, choose_kind
from seqtext.training.events import Chosen, Counted, Event, Finished, Started
from seqtext.training.loop import Loop
from seqtext.training.pipes import is_kept
from seqtext.training.processes import Processes, meet, met
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run, make_folder
from seqtext.training.settings import check_task
from seqtext.training.suspects import check_file, write_suspects
from seqtext.training.tasks.base import TrainingTask
from seqtext.training.thread_count import Rehearsal, thread_counts

_TURNS = 6.0  # times the minutes of a trial that reading all texts once may take
_FEW = 16  # held-out texts by which the time for all of them is estimated


def train(
    task: str,
    corpora: Corpora | None,
    run: str | Path,
    *,
    valid: Corpora | None = None,
    columns: Mapping[str, str] | None = None,
    preset: str = "base",
    start: str | Path | None = None,
    rung: str | None = None,
    resume: bool = False,
    accept_changed_corpus: bool = False,
    encoding_errors: str = "strict",
    on_error: str = "",
    paragraphs: bool = False,
    encoding: str | None = None,
    suspects: str | Path | None = None,
    **settings: Any,
) -> Generator[Event, None, None]:
    """Train a model on corpora and write its folder.

    Yields events on the way.

    task:     "fill", "generate", "anomaly", "translate", "summarize" or "classify"
    corpora:  files, folders or `hf:NAME`; what can be read only once (`-`, a named pipe) is kept in the run; None with
              resume, which knows them
    valid:    held-out corpora; where None, held-out text is taken from the corpora
    columns:  names of columns by field, such as {"text": "body"}
    preset:   a name out of the task's record in `seqtext.tasks`
    run:      the folder to write, by one process at a time; `seqtext.load(run)` answers from it
    start:    a model to continue from, with its tokenizer and network; for "fill", "generate" and "anomaly", a larger
              `vocab_size` adds words to a vocabulary of words, see `seqtext.training.added_words`; for "classify" also
              one of "fill" or "generate", see `seqtext.training.tasks.classifier.taken_settings`
    rung:     a name out of the task's record in `seqtext.tasks`, whose settings are taken; "auto" tries several within
              the budget and trains the best of them on, as "classify" does where nothing is said that determines the
              encoder; "preset" takes that of the preset
    resume:   go on with the run exactly where its last checkpoint is; `minutes`, `epochs` or `steps`, whichever the
              run is measured in, adds to it, and the schedule is spread over the new total
    accept_changed_corpus: with resume, where the data must be prepared again: go on with a corpus that has changed
    encoding_errors: "strict", or "replace" to read U+FFFD for what cannot be decoded
    on_error: stop or skip at a file that cannot be read; "" stops for one that was named, and skips one of a folder
    paragraphs: for "fill" and "generate", join the lines of text files up to each blank line
    encoding: of corpora of text that are not UTF-8, such as cp1252
    suspects: for "classify", a CSV file to write at the end: the texts that probably have the wrong label, the worst
              first, by `seqtext.training.suspects`; with resume, it must be given again
    settings: any field of the task's configs (`seqtext.tasks.Task.configs`), over those of the preset

    Raises ConfigError, CorpusError, TrainingError or ModelError. Closing the generator saves nothing more; Ctrl-C,
    SIGTERM and SIGHUP save between updates and raise KeyboardInterrupt with their number.

    >>> for event in train("fill", "corpora/everyday.txt", "runs/mine", minutes=2):  # doctest: +SKIP
    ...     print(event)
    """
    record, target = check_task(task, preset), Run(run)
    checked_paragraphs(record, paragraphs)
    if resume:
        given: dict[str, object] = {
            "valid": valid, "columns": columns, "start": start, "preset": preset != "base", "corpora": corpora,
            "encoding_errors": encoding_errors != "strict", "encoding": encoding, "rung": rung, "on_error": on_error,
            "paragraphs": paragraphs,
        }  # fmt: skip
        config = check_resumable(record, target, [name for name, value in given.items() if value], settings)
        asked = Asked(config, added=settings, accept_changed_corpus=accept_changed_corpus)
    else:
        request = Request(
            task, corpus_names(corpora), None if valid is None else corpus_names(valid),
            dict(columns) if columns else None, None if start is None else str(start), encoding_errors,
            on_error, paragraphs, encoding,
        )  # fmt: skip
        asked = ask_new(record, request, rung, preset, settings)
        check_new(request, accept_changed_corpus)
    yield from _train(record, target, asked, suspects)


def _train(task: Task, run: Run, asked: Asked, suspects: str | Path | None) -> Generator[Event, None, None]:
    """Begin or resume a run, choose its rung where it has none, and train; suspects: as for `train`."""
    if suspects is not None:
        check_file(asked.config.network, suspects)
    processes = _meet(asked.config.training)
    if asked.request is not None and processes.is_first:
        run.make()
    with run.locked() if processes.is_first else nullcontext():
        if processes.is_first:
            yield from _opened(task, run, asked, may_choose=processes.total == 1)
        if asked.choice is not None and processes.total > 1:
            yield Chosen("", "several processes learn together, and each rung is tried by one")
        processes.wait()
        if processes.is_first and RungChoice.is_open(run.folder):
            yield from choose(task, run, _play)
        for event in _learn(task, run, run.checkpoint.exists()):
            if isinstance(event, Finished) and suspects is not None and processes.is_first:
                yield from write_suspects(run.read_settings()[0], suspects, asked.config.training.seed)
            yield event


def _opened(task: Task, run: Run, asked: Asked, *, may_choose: bool) -> Iterator[Event]:
    """Prepare a new run, or a resumed one, for training."""
    if asked.request is None:
        yield from _reopen(task, run, asked.added or {}, asked.accept_changed_corpus)
    else:
        _begin(task, run, asked.request, asked.config, asked.choice if may_choose else None)


def _meet(training: TrainingConfig) -> Processes:
    """Meet the other processes; CUDA may start here, and not before."""
    kind = choose_kind(training)
    if kind == "cuda" and training.deterministic:
        settle_workspace()
    return meet(kind)


def _begin(task: Task, run: Run, request: Request, config: RunConfig, choice: RungChoice | None = None) -> None:
    """Prepare the data of a new run; where that fails, --run accepts the same folder again.

    What came through a pipe is nowhere else, so it stays in the folder; after an interruption --resume continues with
    it.

    choice: the rungs to try, where one is to be chosen
    """
    run.check_free()  # another process may have been quicker
    close(run.folder)
    if choice is not None:  # before there is something to go on with, so that the choice is part of that
        choice.write(run.folder)
    request, pipes = run.begin(request, config)
    try:
        with run.preparing() as scratch:
            resolve(task.prepare)(scratch, request, config)
    except Exception as error:
        _forget(run)
        if pipes and isinstance(error, SeqtextError):
            kept = f"What came through the pipe is kept in {', '.join(map(str, pipes))}."
            raise error.framed(after=f" {kept}") from error
        raise
    except BaseException:
        if not pipes:
            _forget(run)
        raise


def _forget(run: Run) -> None:
    """Remove a run's settings, data and choice of rungs."""
    run.forget()
    close(run.folder)


def _reopen(task: Task, run: Run, added: Settings, accept_changed_corpus: bool) -> Iterator[Event]:
    """Prepare a run to be resumed: complete its data, and extend its budget."""
    run.settle_settings()
    if RungChoice.is_open(run.folder):
        _check_alone(run)
        if RungChoice.read(run.folder).winner:  # not yet moved into the run: only there is its budget extended
            yield from choose(task, run, _play)
    if run.is_prepared():
        if accept_changed_corpus:
            raise ConfigError(
                f"{argument('accept_changed_corpus')} was given, but {run.data} is whole, so that no corpus is "
                "read again.",
                f"{run.again}, or another {argument('run')} for the changed corpus",
            )
        run.check_data()
    else:
        _prepare_again(task, run, accept_changed_corpus)
    for unit, amount in added.items():
        run.extend(unit, amount)


def _play(
    task: Task, run: Run, request: Request, config: RunConfig, twin: Run | None, trial: Trial
) -> Generator[Event, None, None]:
    """Train a rung as a run of its own, inside the run that chooses, or continue it up to its budget.

    twin: a run whose data it can share
    """
    make_folder(run.folder)
    if run.is_begun() and run.is_prepared():
        unit = config.training.unit
        run.extend_to(unit, getattr(config.training, unit))
    else:
        run.forget()
        run.write_settings(request, config)
        if twin is not None:
            run.link_data(twin)
        else:
            with run.preparing() as scratch:
                resolve(task.prepare)(scratch, request, config)
    if _is_spent(run):  # but was interrupted before that was noted
        progress = run.progress()
        yield Finished(progress.step, progress.seconds, run.folder, "the budget is spent", run.read_scores())
    else:
        yield from _learn(task, run, run.checkpoint.exists(), trial)


def _is_spent(run: Run) -> bool:
    """Return whether a run has made all its steps, and was evaluated and saved after the last."""
    if not run.checkpoint.exists():
        return False
    progress, steps = run.progress(), run.read_settings()[1].training.steps
    measured = [line["step"] for line in progress.history if "loss" in line][-1:]
    return steps is not None and progress.step >= steps and measured == [progress.step]


def _check_alone(run: Run) -> None:
    """Raise TrainingError where several processes resume a run that has not chosen its rung."""
    if met().total > 1:
        raise TrainingError(
            f"{run.folder} has not chosen its rung yet, which one process does; {met().total} were started.",
            f"{run.again} with one process, until the rung is chosen",
        )


def _prepare_again(task: Task, run: Run, accept_changed_corpus: bool) -> None:
    """Prepare missing data; unless changed corpora are accepted, they must be what the checkpoint has learnt from."""
    request, config = run.read_settings()
    accept = accept_changed_corpus and run.checkpoint.exists()
    run.tokenizer = run.kept_tokenizer() if accept else None
    try:
        with run.preparing() as scratch:
            resolve(task.prepare)(scratch, request, config)
            scratch.check_bound(accept_changed_corpus=accept)
    except CorpusError as error:
        message = f"{run.data} must be prepared again, but: {error.message}"
        lost = [source for source in request.sources if is_kept(Path(source)) and not Path(source).exists()]
        what = f"the text that came through a pipe back as {lost[0]}" if lost else "the corpus back as it was"
        hint = f"put {what}, then {run.again}"
        raise CorpusError(message, hint) from error
    if accept:
        run.accept_data()


def _may_choose_threads(learner: TrainingTask, device: Device, processes: int) -> bool:
    """Return whether the number of threads may be chosen: --threads is never overruled."""
    given = learner.training.threads > 0 or device.device.type != "cpu" or processes > 1
    return not given and len(thread_counts(device.threads)) > 1


def _settle_threads(learner: TrainingTask, device: Device) -> Device:
    """Choose the number of threads for the whole run, and store it: another would round differently after --resume."""
    threads = Rehearsal(learner, device).hold()
    learner.training = replace(learner.training, threads=threads)
    learner.settings = learner.settings._replace(training=learner.training)
    learner.run.keep_threads(threads)
    return device._replace(threads=threads)


def _started(run: Run, learner: TrainingTask, device: Device, resume: bool) -> Started:
    """Report what was read, what will be trained, and where a resumed run continues."""
    report, network = run.read_report(), learner.network
    step = run.progress().step if resume else 0
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Started(
        report.texts, learner.tokens, report.skipped, report.held_out, parameters, parameters * 2,
        learner.vocabulary, str(device.device), device.precision, device.threads, step,
        (*report.notes, *_unmasked(learner.request)),
    )  # fmt: skip


def _unmasked(request: Request) -> list[str]:
    """Warn of copies of pipes in the run where something is masked: the copies are not."""
    kept = [source for source in request.sources if request.masks and is_kept(Path(source))]
    told = "what came through a pipe is kept unmasked, for data that are lost; remove it once the training has ended"
    return [f"{', '.join(kept)}: {told}"] * bool(kept)


def _check_pace(learner: TrainingTask, trial: Trial) -> None:
    """Raise TooSlowError where evaluating the held-out texts would take longer than the trial may.

    Likewise where all texts must be read before `fit`, which may take longer than the trials of other rungs.
    """
    texts, minutes = min(trial.texts, learner.held_out_texts), learner.training.minutes
    few = min(texts, _FEW)
    if minutes is None:
        return
    learner.evaluate(1)  # the first one is slower
    begun = time.monotonic()
    learner.evaluate(few)
    each = (time.monotonic() - begun) / few
    if learner.is_fitted:
        seconds, most = each * learner.texts_to_read, _TURNS * 60 * minutes
        if seconds > most:
            needed = f"{seconds:.0f} s to read {learner.texts_to_read:,} texts"
            raise TooSlowError(f"it is too slow: it would need {needed}, and has {most:.0f} s")
        return
    seconds = each * texts
    if seconds > 60 * minutes:
        needed = f"{seconds:.0f} s to answer {texts:,} held-out texts"
        raise TooSlowError(f"it is too slow: it would need {needed}, and has {60 * minutes:.0f} s")


def _learn(task: Task, run: Run, resume: bool, trial: Trial | None = None) -> Iterator[Event]:
    """Train until the end; the time before the first update counts as spent.

    trial: where it is one; TooSlowError is then raised for a network that is too slow
    """
    processes = met()
    request, config = run.read_settings()
    device = choose_device(config.training, processes.total)
    torch.manual_seed(config.training.seed)
    learner: TrainingTask = resolve(task.training)(run, request, config, device.device)
    source = None if resume else request.start_model()
    if source is not None:
        learner.start_from(source.weights)
    if trial is not None and not resume and (learner.texts_to_read or not learner.is_fitted):
        _check_pace(learner, trial)
    free = not learner.is_fitted and _may_choose_threads(learner, device, processes.total)
    if free and (trial is not None or not config.training.minutes):
        device = device if resume else _settle_threads(learner, device)
        free = False
    yield _started(run, learner, device, resume)
    begun = time.monotonic()
    if not resume and request.start is None:
        words = learner.begin(processes.is_first, processes.wait)
        if words:
            yield Counted(words, time.monotonic() - begun)
    run.check_there()
    loop = Loop(learner, device, begun, Rehearsal(learner, device) if free else None, trial=trial)
    with deterministic_kernels(config.training.deterministic and device.device.type != "cpu"):
        if resume:
            loop.restore()
        reason = yield from loop.events()
    processes.wait()
    advice = advise(learner, loop.progress.history) if processes.is_first and trial is None else None
    yield Finished(
        loop.progress.step, loop.progress.seconds, run.folder, reason, run.read_scores(), learner.measured_on, advice,
        run.read_remarks(),
        run.read_intervals(),
    )  # fmt: skip
