"""The learning half: from a corpus to a model folder, as a generator of events. The only place that loads torch."""

import contextlib
import ctypes
import dataclasses
import itertools
import json
import os
import shutil
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from seqtext.config import PRESETS, FillConfig, TokenizerConfig, TrainingConfig, from_dict, to_dict
from seqtext.corpus import Report, read_texts
from seqtext.errors import ConfigError, CorpusError, TrainingError
from seqtext.files import write_atomically
from seqtext.folder import find, read_folder
from seqtext.text import Tokenizer
from seqtext.training.batches import TokenFile, TokenWriter
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.events import Counted, Evaluated, Event, Finished, Saved, Started, Step
from seqtext.training.fill import FillNetwork
from seqtext.training.loop import run_loop
from seqtext.training.task import FillTask
from seqtext.training.vectors import load_vectors, save_vectors, word_vectors

__all__ = ["Counted", "Evaluated", "Event", "Finished", "Saved", "Started", "Step", "train"]

Corpora = str | Path | Sequence[str | Path]
Configs = tuple[TokenizerConfig, FillConfig, TrainingConfig]
_KINDS = (TokenizerConfig, FillConfig, TrainingConfig)
_DEFAULT_MINUTES = 10.0
_HELD_OUT_TOKENS = 300_000


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

    task:     "fill"
    corpora:  files, folders or `hf:NAME`; None with resume, which knows them
    run:      the folder to write; `seqtext.load(run)` answers from it
    start:    a model to continue from, with its tokenizer and network
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
        configs = _configure(task, preset, settings, start)
        request = {
            "task": task,
            "corpora": _listed(corpora),
            "valid": _listed(valid) if valid is not None else None,
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
                _prepare(run, request, configs)
            except BaseException:  # nothing is learnt yet, so the same --run may be typed again
                shutil.rmtree(run / "data", ignore_errors=True)
                (run / "settings.json").unlink(missing_ok=True)
                raise
        state.wait_for_everyone()
    report = json.loads((run / "data" / "report.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_json((run / "data" / "tokenizer.json").read_text(encoding="utf-8"), configs[0].tokens)
    data = TokenFile(run / "data" / "train"), TokenFile(run / "data" / "valid")
    torch.manual_seed(training.seed)
    network = FillNetwork(configs[1], tokenizer.size).to(device)
    if request["start"] is not None:
        _continue_from(network, request["start"])
    worker = FillTask(
        network, tokenizer, data, configs, run, device, {"data": [Path(source).name for source in request["corpora"]]}
    )
    parameters = sum(parameter.numel() for parameter in network.parameters())
    low_name = "bf16" if low else "fp32"
    yield Started(
        report["texts"], data[0].tokens, report["skipped"], report["held_out"], parameters, parameters * 2,
        tokenizer.size, str(device), low_name, threads,
    )  # fmt: skip
    settings_used = [to_dict(config) for config in configs]
    settings_used[2]["precision"] = low_name  # a resumed run goes on as it began, whatever is measured then
    facts = {"request": request, "settings": settings_used}
    begun = time.monotonic()
    going = resume and Checkpoint(run).exists()
    if training.counting and not going and request["start"] is None and configs[0].tokens != "char":
        path = run / "data" / "vectors.safetensors"
        if state.is_main_process and not path.is_file():
            save_vectors(path, word_vectors(data[0], tokenizer, configs[1].embedding, training.seed))
        state.wait_for_everyone()
        vectors = load_vectors(path)
        network.begin_with(vectors, data[0].counts)
        yield Counted(int(vectors.counted.sum()), time.monotonic() - begun)
    spent = time.monotonic() - begun
    reason = yield from run_loop(worker, data[0], training, run, facts, device, low, going, spent)
    state.wait_for_everyone()
    metrics = json.loads((run / "config.json").read_text(encoding="utf-8"))["scores"]
    steps = Checkpoint(run).state()["progress"]["step"]
    yield Finished(steps, time.monotonic() - begun, run, reason, metrics)


def _configure(task: str, preset: str, settings: dict[str, Any], start: str | Path | None) -> Configs:
    """The three configs from a preset, the model that training starts from, and single settings."""
    names = [{item.name for item in dataclasses.fields(kind)} for kind in _KINDS]
    known = tuple(sorted(set().union(*names)))
    for name in settings:
        if name not in known:
            from_dict(TokenizerConfig, {name: None}, "the settings given")
    chosen = {**PRESETS[task][preset], **settings}
    if start is not None:
        config = read_folder(find(start)).config
        fixed = {**config["network"], **config["tokenizer"]}
        for name, value in settings.items():
            if name in fixed and name not in ("dropout", "solo") and fixed[name] != value:
                raise ConfigError(
                    f"--{name.replace('_', '-')} received {value!r}, but the model to start from has {fixed[name]!r}.",
                    f"leave --{name.replace('_', '-')} out",
                )
        chosen = {**chosen, **fixed, **{name: settings[name] for name in ("dropout", "solo") if name in settings}}
    if all(chosen.get(name) is None for name in ("minutes", "epochs", "steps")):
        chosen["minutes"] = _DEFAULT_MINUTES
    return _configs([{name: chosen[name] for name in chosen if name in own} for own in names])


def _configs(data: Sequence[Mapping[str, Any]]) -> Configs:
    return from_dict(TokenizerConfig, data[0]), from_dict(FillConfig, data[1]), from_dict(TrainingConfig, data[2])


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
    return _configs(facts["settings"]), request


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
    """Time matrix products: bfloat16 pays where it is twice as fast as fp32 (AMX); processor flags mislead."""
    times = []
    for kind in (torch.float32, torch.bfloat16):
        left, right = torch.ones(512, 512, dtype=kind), torch.ones(512, 512, dtype=kind)
        best = float("inf")
        for _ in range(8):
            begun = time.perf_counter()
            left @ right
            best = min(best, time.perf_counter() - begun)
        times.append(best)
    return times[1] * 2 < times[0]


def _keep_memory() -> None:
    """Let glibc keep freed blocks: by default it hands the large ones back, and each step pays to have them zeroed."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD: blocks up to 1 GiB come from the heap
        library.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def _listed(corpora: Corpora | None) -> list[str]:
    if corpora is None:
        return []
    return [str(corpora)] if isinstance(corpora, str | Path) else [str(one) for one in corpora]


def _prepare(run: Path, request: dict[str, Any], configs: Configs) -> None:
    """Read the corpus twice, for the vocabulary and for the ids, and leave token files in RUN/data."""
    data = run / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    request = {**request, "corpora": [_kept(source, data) for source in request["corpora"]]}
    write_atomically(
        run / "settings.json",
        json.dumps({"request": request, "settings": [to_dict(config) for config in configs]}, indent=1).encode(),
    )

    def texts(sources: list[str], report: Report | None = None) -> Iterator[str]:
        how = {"columns": request["columns"], "encoding_errors": request["encoding_errors"]}
        return iter(read_texts(sources, report=report, **how))

    report = Report()
    if request["start"] is not None:
        tokenizer = Tokenizer.from_json(read_folder(find(request["start"])).tokenizer, configs[0].tokens)
    else:
        tokenizer = Tokenizer.train(texts(request["corpora"]), configs[0])
    write_atomically(data / "tokenizer.json", tokenizer.to_json().encode())
    training = configs[2]
    writers = {name: TokenWriter(data / name, tokenizer, training.max_length) for name in ("train", "valid")}
    share = 0.0 if request["valid"] else training.valid_share
    first, second = itertools.tee(texts(request["corpora"], report))
    for text, ids in zip(first, tokenizer.stream(second), strict=True):
        # Equal texts fall on the same side, so that no held-out line was learnt.
        held = zlib.crc32(text.encode("utf-8", "replace"), training.seed) / 2**32 < share
        held = held and writers["train"].tokens > 0 and writers["valid"].tokens < _HELD_OUT_TOKENS
        writers["valid" if held else "train"].add(ids)
    if request["valid"]:
        for ids in tokenizer.stream(texts(request["valid"])):
            writers["valid"].add(ids)
    note = f"{writers['valid'].texts:,} texts of {', '.join(request['valid'])}" if request["valid"] else ""
    note = note or f"{writers['valid'].texts:,} texts, {share:.1%} chosen by seed {training.seed}"
    if writers["train"].tokens == 0:
        raise CorpusError(
            f"{', '.join(request['corpora'])} hold no words; some text is expected.", "give another corpus"
        )
    writers["train"].close()
    if writers["valid"].tokens == 0:
        # Too little text to spare any: scores are then measured on what was learnt, and the note says so.
        note = "none: the corpus is too small, scores are measured on the training text itself"
        writers["valid"].close()
        shutil.rmtree(data / "valid")
        shutil.copytree(data / "train", data / "valid")
    else:
        writers["valid"].close()
    texts_read = writers["train"].texts + writers["valid"].texts
    facts = {"texts": texts_read, "skipped": report.skipped, "held_out": note}
    write_atomically(data / "report.json", json.dumps(facts).encode())


def _kept(source: str, data: Path) -> str:
    """A corpus that can be read twice and after a restart: standard input is kept in the run."""
    if source != "-":
        return source if source.startswith("hf:") else str(Path(source).absolute())
    path = data / "stdin.txt"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return str(path)


def _continue_from(network: FillNetwork, start: str) -> None:
    weights = read_folder(find(start)).weights
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
