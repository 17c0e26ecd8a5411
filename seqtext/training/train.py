"""The learning half: from a corpus to a model folder, as a generator of events. The only place that loads torch."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from seqtext.config import PRESETS
from seqtext.errors import ConfigError, TrainingError
from seqtext.fields import to_dict
from seqtext.models.anomaly_detector import NORMAL
from seqtext.models.pair_text import tokenizers_from
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import LabelFile, prepare_labelled
from seqtext.training.batches.log_lines import prepare_lines
from seqtext.training.batches.pair_files import PairFile, prepare_pairs
from seqtext.training.batches.prepare import prepare
from seqtext.training.batches.streams import Stream
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.device import keep_memory, place
from seqtext.training.events import Counted, Event, Finished, Started
from seqtext.training.loop import run_loop
from seqtext.training.networks.blank_filler import FillNetwork
from seqtext.training.networks.language_model import LanguageNetwork
from seqtext.training.networks.seq2seq import Seq2SeqNetwork
from seqtext.training.settings import Configs, configs_from, configure
from seqtext.training.tasks.anomaly_detector import AnomalyTask
from seqtext.training.tasks.blank_filler import FillTask
from seqtext.training.tasks.classifier import ClassifyTask
from seqtext.training.tasks.language_model import LanguageTask
from seqtext.training.tasks.seq2seq import Seq2SeqTask

Corpora = str | Path | Sequence[str | Path]
_PREPARE = {
    "anomaly": prepare_lines,
    "translate": prepare_pairs,
    "summarize": prepare_pairs,
    "classify": prepare_labelled,
}  # else `prepare`


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
) -> Iterator[Event]:
    """Learn a task from corpora and write a model folder; yields events while it goes on.

    task:     "fill", "generate", "anomaly", "translate", "summarize" or "classify"
    corpora:  files, folders or `hf:NAME`; None with resume, which knows them
    run:      the folder to write; `seqtext.load(run)` answers from it
    start:    a model to continue from, with its tokenizer and network; for "classify" also one of "fill" or "generate",
              see `seqtext.training.settings.taken_settings`
    settings: any field of TokenizerConfig, FillConfig and TrainingConfig, over those of the preset

    Raises ConfigError, CorpusError, TrainingError or ModelError. Closing the generator saves nothing more; Ctrl-C
    saves and raises KeyboardInterrupt.

    >>> for event in train("fill", "corpora/everyday.txt", "runs/mine", minutes=2):  # doctest: +SKIP
    ...     print(event)
    """
    if task not in PRESETS:
        raise ConfigError(
            f"The task {task!r} was received; accepted are {', '.join(PRESETS)}.", "seqtext train fill --help"
        )
    if preset not in PRESETS[task]:
        known = ", ".join(PRESETS[task])
        raise ConfigError(
            f"--preset received {preset!r}; accepted are {known}.", f"--preset {next(iter(PRESETS[task]))}"
        )
    run = Path(run)
    state = PartialState(cpu=not torch.cuda.is_available())
    if resume:
        configs, request = _resumed(run, settings)
    else:
        configs = configure(task, preset, settings, start)
        request = {
            "task": task,
            "corpora": listed(corpora),
            "valid": listed(valid) if valid is not None else None,
            "columns": dict(columns) if columns else None,
            "start": str(start) if start is not None else None,
            "encoding_errors": encoding_errors,
        }
        if not request["corpora"]:
            raise ConfigError(
                "No corpus was received; at least one file is expected.", "seqtext train fill my.txt --run runs/mine"
            )
        if state.is_main_process:
            _make_run(run)
    training = configs[2]
    device, low = place(training)
    torch.set_flush_denormal(True)
    keep_memory()
    threads = training.threads or max(1, len(os.sched_getaffinity(0)) // state.num_processes)
    torch.set_num_threads(threads)
    if not (resume and (run / "data" / "report.json").is_file()):
        if state.is_main_process:
            try:
                _PREPARE.get(request["task"], prepare)(run, request, configs)
            except BaseException:  # nothing is learnt yet, so the same --run may be typed again
                shutil.rmtree(run / "data", ignore_errors=True)
                (run / "settings.json").unlink(missing_ok=True)
                raise
        state.wait_for_everyone()
    if configs[0].tokens == "auto":  # the corpus has decided
        configs = configs_from(
            request["task"], json.loads((run / "settings.json").read_text(encoding="utf-8"))["settings"]
        )
    report = json.loads((run / "data" / "report.json").read_text(encoding="utf-8"))
    torch.manual_seed(training.seed)
    about = {"data": [Path(source).name for source in request["corpora"]]}
    worker = _worker(request["task"], configs, run, device, about)
    if request["start"] is not None:
        _continue_from(worker, request["start"])
    parameters = sum(parameter.numel() for parameter in worker.network.parameters())
    low_name = "bf16" if low else "fp32"
    yield Started(
        report["texts"], worker.tokens, report["skipped"], report["held_out"], parameters, parameters * 2,
        worker.network.embedding.num_embeddings, str(device), low_name, threads,
    )  # fmt: skip
    settings_used = [to_dict(config) for config in configs]
    settings_used[2]["precision"] = low_name  # a resumed run goes on as it began, whatever is measured then
    facts = {"request": request, "settings": settings_used}
    begun = time.monotonic()
    going = resume and Checkpoint(run).exists()
    if isinstance(worker, FillTask) and worker.config.counting and not going and request["start"] is None:
        if state.is_main_process:
            worker.count()
        state.wait_for_everyone()
        words = worker.begin()
        if words:
            yield Counted(words, time.monotonic() - begun)
    spent = time.monotonic() - begun
    reason = yield from run_loop(worker, training, run, facts, device, low, going, spent)
    state.wait_for_everyone()
    metrics = json.loads((run / "config.json").read_text(encoding="utf-8"))["scores"]
    steps = Checkpoint(run).state()["progress"]["step"]
    yield Finished(steps, time.monotonic() - begun, run, reason, metrics)


def _worker(
    task: str, configs: Configs, run: Path, device: torch.device, about: dict[str, Any]
) -> FillTask | LanguageTask | Seq2SeqTask | ClassifyTask:
    """The network and data of a task."""
    train, valid = run / "data" / "train", run / "data" / "valid"
    stored = (run / "data" / "tokenizer.json").read_text(encoding="utf-8")
    if task in ("translate", "summarize"):
        both = tokenizers_from(stored, configs[0].tokens)
        pairs = Seq2SeqNetwork(configs[1], both[1].size, both[0].size).to(device)
        return Seq2SeqTask(task, pairs, both, (PairFile(train), PairFile(valid)), configs, run, device, about)
    tokenizer = Tokenizer.from_json(stored, configs[0].tokens)
    if task == "classify":
        texts = LabelFile(train, configs[1], tokenizer), LabelFile(valid, configs[1], tokenizer)
        return ClassifyTask.of(tokenizer, texts, configs, run, device, about)
    if task == "fill":
        network = FillNetwork(configs[1], tokenizer.size).to(device)
        return FillTask(network, tokenizer, (TokenFile(train), TokenFile(valid)), configs, run, device, about)
    reader = LanguageNetwork(configs[1], tokenizer.size).to(device)
    kind = AnomalyTask if task == "anomaly" else LanguageTask
    return kind(reader, tokenizer, (Stream(train), Stream(valid)), configs, run, device, about)


def _resumed(run: Path, settings: dict[str, Any]) -> tuple[Configs, dict[str, Any]]:
    saved = run / "settings.json"
    if not saved.is_file():
        raise TrainingError(
            f"{run} holds no training to resume; a folder that an earlier --run wrote is expected.",
            f"seqtext train fill CORPUS --run {run}",
        )
    if settings:
        names = ", ".join("--" + name.replace("_", "-") for name in settings)
        raise ConfigError(
            f"{names} was given with --resume, which keeps the run's own settings.", f"--run {run} --resume"
        )
    facts = json.loads(saved.read_text(encoding="utf-8"))
    checkpoint = Checkpoint(run)
    if checkpoint.exists():
        facts["settings"] = checkpoint.state()["settings"]
    request: dict[str, Any] = facts["request"]
    return configs_from(request["task"], facts["settings"]), request


def _make_run(run: Path) -> None:
    """Make the run's folder; one that holds a run or a model is left alone."""
    if (run / "settings.json").exists() or (run / "config.json").exists():
        raise TrainingError(
            f"{run} holds a run already; an empty or new folder is expected.",
            f"--run {run} --resume to go on with it, or another --run",
        )
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{run} cannot be made: {error.strerror}.", "--run with a folder you may write") from error


def listed(corpora: Corpora | None) -> list[str]:
    """List the names of one corpus, several or none."""
    if corpora is None:
        return []
    return [str(corpora)] if isinstance(corpora, str | Path) else [str(one) for one in corpora]


def _continue_from(worker: FillTask | LanguageTask | Seq2SeqTask | ClassifyTask, start: str) -> None:
    weights = read_folder(find(start)).weights
    if isinstance(worker, ClassifyTask) and "output.bias" not in weights:
        worker.network.take_over(weights, worker.tokenizer.texts)
        return
    weights.pop(NORMAL, None)  # what an anomaly detector counted is counted anew
    worker.network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
