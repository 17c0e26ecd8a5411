"""The learning half: from a corpus to a model folder, as a generator of events. The only place that loads torch."""

import contextlib
import ctypes
import dataclasses
import json
import math
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from seqtext.anomaly import NORMAL
from seqtext.config import (
    PRESETS,
    TRANSFER,
    TRANSFER_BESIDE,
    AnomalyConfig,
    ClassifyConfig,
    FillConfig,
    LanguageConfig,
    LogTokenizerConfig,
    Seq2SeqConfig,
    TokenizerConfig,
    TrainingConfig,
    from_dict,
    renamed,
    to_dict,
)
from seqtext.errors import ConfigError, TrainingError
from seqtext.folder import find, read_folder
from seqtext.pairs import tokenizers_from
from seqtext.text import Tokenizer
from seqtext.training.anomaly_task import AnomalyTask, prepare_lines
from seqtext.training.batches import TokenFile
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.classify import taken_settings
from seqtext.training.classify_task import ClassifyTask
from seqtext.training.events import Counted, Evaluated, Event, Finished, Saved, Started, Step
from seqtext.training.fill import FillNetwork
from seqtext.training.fill_task import FillTask
from seqtext.training.label_files import LabelFile, prepare_labelled
from seqtext.training.language import LanguageNetwork
from seqtext.training.language_task import LanguageTask
from seqtext.training.loop import run_loop
from seqtext.training.pair_files import PairFile, prepare_pairs
from seqtext.training.prepare import prepare
from seqtext.training.seq2seq import Seq2SeqNetwork
from seqtext.training.seq2seq_task import Seq2SeqTask
from seqtext.training.streams import Stream

__all__ = ["Counted", "Evaluated", "Event", "Finished", "Saved", "Started", "Step", "train"]

Corpora = str | Path | Sequence[str | Path]
Configs = tuple[TokenizerConfig, Any, TrainingConfig]
_NETWORKS: dict[str, type] = {
    "fill": FillConfig,
    "generate": LanguageConfig,
    "anomaly": AnomalyConfig,
    "translate": Seq2SeqConfig,
    "summarize": Seq2SeqConfig,
    "classify": ClassifyConfig,
}
_PREPARE = {
    "anomaly": prepare_lines,
    "translate": prepare_pairs,
    "summarize": prepare_pairs,
    "classify": prepare_labelled,
}  # else `prepare`
_TOKENIZERS: dict[str, type[TokenizerConfig]] = {"anomaly": LogTokenizerConfig}
_NOT_FIXED = (
    "dropout",
    "solo",
    "counting",
    "vectors",
    "label_smoothing",
    "balance",
    "frozen",
)  # settings of a network that leave its weights' shapes alone
_DEFAULT_MINUTES = {"anomaly": 3.0, "classify": 3.0}  # else 10


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
              see `seqtext.training.classify.taken_settings`
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
    device, low = _place(training)
    torch.set_flush_denormal(True)
    _keep_memory()
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
        configs = _configs(request["task"], json.loads((run / "settings.json").read_text(encoding="utf-8"))["settings"])
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


def configure(task: str, preset: str, settings: dict[str, Any], start: str | Path | None) -> Configs:
    """The three configs from a preset, the model that training starts from, and single settings."""
    kinds = (_TOKENIZERS.get(task, TokenizerConfig), _NETWORKS[task], TrainingConfig)
    settings = renamed(settings, *kinds)
    names = [{item.name for item in dataclasses.fields(kind)} for kind in kinds]
    known = tuple(sorted(set().union(*names)))
    for name in settings:
        if name not in known:
            from_dict(TokenizerConfig, {name: None}, "the settings given")
    chosen = {**PRESETS[task][preset], **settings}
    if start is not None:
        config = read_folder(find(start)).config
        taken = taken_settings(config, settings.get("encoder"), settings.get("context")) if task == "classify" else {}
        if config["task"] != task and not taken:
            raise ConfigError(
                f"--from received {start}, a model for {config['task']!r}; one for {task!r} is needed.",
                f"seqtext train {config['task']} --from {start}",
            )
        fixed = {**(taken or config["network"]), **config["tokenizer"]}
        if taken and fixed["tokens"] == "word":  # and words of the texts that the model would spell
            fixed.pop("vocab_size")
            chosen["vocab_size"] = settings.get("vocab_size", config["tokenizer"]["vocab_size"] + chosen["vocab_size"])
        for name, value in settings.items():
            if name in fixed and name not in _NOT_FIXED and fixed[name] != value:
                raise ConfigError(
                    f"--{name.replace('_', '-')} received {value!r}, but the model to start from has {fixed[name]!r}.",
                    f"leave --{name.replace('_', '-')} out",
                )
        if config["task"] != task:
            chosen = {**chosen, **(TRANSFER_BESIDE if "context" in taken else TRANSFER), **settings}
        chosen = {**chosen, **fixed, **{name: settings[name] for name in _NOT_FIXED if name in settings}}
    elif chosen.get("context", "none") != "none":
        raise ConfigError(
            f"--context received {chosen['context']!r}, but there is no --from whose readers it names.",
            "--from fill-en, or --context none",
        )
    if all(chosen.get(name) is None for name in ("minutes", "epochs", "steps")):
        chosen["minutes"] = _DEFAULT_MINUTES.get(task, 10.0)
    return _configs(task, [{name: chosen[name] for name in chosen if name in own} for own in names])


def _configs(task: str, data: Sequence[Mapping[str, Any]]) -> Configs:
    cut = from_dict(_TOKENIZERS.get(task, TokenizerConfig), data[0])
    return cut, from_dict(_NETWORKS[task], data[1]), from_dict(TrainingConfig, data[2])


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
    return _configs(request["task"], facts["settings"]), request


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


def _place(training: TrainingConfig) -> tuple[torch.device, bool]:
    """The device and whether products are made in bfloat16."""
    kind = training.device
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError("--device received cuda, but no CUDA device is here.", "--device cpu")
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    if training.precision != "auto":
        return torch.device(kind), training.precision == "bf16"
    return torch.device(kind), kind == "cuda" or _quick_bf16()


def _quick_bf16() -> bool:
    """Time matrix products: bfloat16 pays where it is much faster than fp32 (AMX); processor flags mislead.

    Both kinds in turns, the best of each, so that what else runs here hardly matters.
    """
    matrices = {kind: torch.ones(512, 512, dtype=kind) for kind in (torch.float32, torch.bfloat16)}
    best = dict.fromkeys(matrices, math.inf)
    for _ in range(16):
        for kind, matrix in matrices.items():
            begun = time.perf_counter()
            matrix @ matrix
            best[kind] = min(best[kind], time.perf_counter() - begun)
    return best[torch.bfloat16] * 1.5 < best[torch.float32]


def _keep_memory() -> None:
    """Let glibc keep freed blocks: by default it hands the large ones back, and each step pays to have them zeroed.

    Measured on Tatoeba, 2 threads, bf16: 17,100 against 13,300 tokens/s, for half a gigabyte more.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD: blocks up to 1 GiB come from the heap
        library.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def listed(corpora: Corpora | None) -> list[str]:
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
