"""Sessions from raw lines with --group against the same ones grouped beforehand, beside templates of Drain3.

run.py sessions --hdfs DATA/hdfs_100k --steps 600
run.py sessions --deeplog DATA/hdfs_deeplog --steps 1200
run.py sessions --loghub DATA/loghub2k --steps 60
run.py sessions --megabytes 1000 --steps 100

--hdfs writes sessions of event numbers out as lines of a log, with made-up values, blocks side by side; learnt are the
normal ones of train, judged those of dev and the anomalies of both. Drain3's templates are counted for each session:
an isolation forest, and the distance to the nearest normal counts, both with the threshold that a fifth of the normal
sessions, held out, allow at 1 % false alarms, as here. --loghub makes sessions of consecutive lines.
--megabytes makes up a log, learns it and judges it: lines per second and the most memory of each process.
"""

import argparse
import json
import lzma
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from log_of_sessions import Values, write_log
from numpy.typing import NDArray
from table import Row, say

import seqtext
from seqtext.evaluation.evaluate import evaluate
from seqtext.evaluation.metrics import detection_scores
from seqtext.models.alarm_threshold import threshold_at
from seqtext.models.log_lines import Counting
from seqtext.training.train import train

_RATE = 0.01
_BLOCK = r"blk_\S+"
_NAMES = ("f1", "precision", "recall", "auroc")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--hdfs", type=Path, metavar="FOLDER", help="hdfs_100k: sessions of event numbers, and texts")
    parser.add_argument("--deeplog", type=Path, metavar="FOLDER", help="hdfs_deeplog: sessions of event numbers")
    parser.add_argument("--loghub", type=Path, metavar="FOLDER", help="loghub2k: raw lines of five systems")
    parser.add_argument("--megabytes", type=int, metavar="N", help="size of a log that is made up")
    parser.add_argument("--session-lines", type=int, default=10, help="of loghub2k (10)")
    parser.add_argument("--steps", type=int, default=600, help="updates of each model (600)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-peer", action="store_true", help="leave Drain3 out, which is not among the extras")


def measure(options: argparse.Namespace) -> list[Row]:
    """F1 and the like of each way."""
    if options.hdfs and not options.without_peer and find_spec("drain3") is None:  # not after minutes of training
        raise SystemExit("The peer needs a package: pip install drain3, or --without-peer.")
    with TemporaryDirectory() as folder:
        place = Path(folder)
        rows = _hdfs(options, place) if options.hdfs else []
        rows += _deeplog(options, place) if options.deeplog else []
        rows += _long(options, place) if options.megabytes else []
        return [*rows, *(_loghub(options, place) if options.loghub else [])]


def _learn(options: argparse.Namespace, corpus: Path, run: Path, **settings: Any) -> float:
    begun = perf_counter()
    for _ in train("anomaly", corpus, run, steps=options.steps, seed=options.seed, threads=1, **settings):
        pass
    return perf_counter() - begun


def _rows(name: str, scores: Any, seconds: float | None = None) -> list[Row]:
    found = [Row(f"{name}: {one}", float(scores[one])) for one in _NAMES]
    return found + ([] if seconds is None else [Row(f"{name}: training", seconds, "s")])


def _hdfs(options: argparse.Namespace, place: Path) -> list[Row]:
    texts = (options.hdfs / "templates.txt").read_text().splitlines()
    learnt, judged = (
        [json.loads(line) for line in text.splitlines()]
        for text in (
            lzma.decompress((options.hdfs / "train.jsonl.xz").read_bytes()).decode(),
            (options.hdfs / "dev.jsonl").read_text(),
        )
    )
    parts = {
        "normal": [one for one in learnt if not one["label"]],
        "held": [one for one in judged if not one["label"]],
        "odd": [one for one in [*learnt, *judged] if one["label"]],
    }
    for number, (name, part) in enumerate(parts.items()):
        values = Values(options.seed + number)
        lines = ([values.fill(texts[event], one["block"]) for event in one["events"]] for one in part)
        (place / f"{name}.log").write_text("".join(f"{line}\n" for line in values.interleaved(lines)))
        words = (" ".join(f"E{event}" for event in one["events"]) for one in part)
        (place / f"{name}.txt").write_text("".join(f"{line}\n" for line in words))
    rows = [Row(f"sessions, {name}", len(part)) for name, part in parts.items()]
    for name, suffix, settings in (("grouped beforehand", "txt", {}), ("raw lines", "log", {"group": _BLOCK})):
        say(f"{name} …")
        run = place / f"run-{suffix}"
        seconds = _learn(options, place / f"normal.{suffix}", run, **settings)
        held, odd = (place / f"{part}.{suffix}" for part in ("held", "odd"))
        scores = evaluate(seqtext.load(run), held, anomalies=[str(odd)])
        rows += _rows(name, scores, seconds)
        rows += [Row(f"{name}, counting alone: f1", float(scores["baseline"]["f1"]))]
    return rows if options.without_peer else [*rows, *_peer(place, options.seed)]


def _peer(place: Path, seed: int) -> list[Row]:
    """Drain3's templates, learnt from normal lines, counted for each block."""
    say("Drain3 …")
    begun = perf_counter()
    miner = _miner()
    learnt = _blocks(place / "normal.log", lambda line: miner.add_log_message(line)["cluster_id"])
    unknown = Counter[str]()

    def template(line: str) -> int:
        found = miner.match(line)
        unknown["lines"] += found is None
        return 0 if found is None else found.cluster_id

    held, odd = (_blocks(place / f"{part}.log", template) for part in ("held", "odd"))
    rows = [Row("Drain3: templates", len(miner.drain.clusters)), Row("Drain3: seconds", perf_counter() - begun, "s")]
    order = np.random.default_rng(seed).permutation(len(learnt))
    fifth = len(learnt) // 5
    aside, rest = [learnt[k] for k in order[:fifth]], [learnt[k] for k in order[fifth:]]
    judges = (("isolation forest", _forest(rest, seed)), ("nearest counts", _nearest(rest)))
    for name, judge in judges:
        threshold = threshold_at(judge(aside), _RATE)
        rows += _rows(f"Drain3, {name}", detection_scores(judge(held), judge(odd), threshold, _RATE))
    return rows


def _miner() -> Any:
    from drain3 import TemplateMiner
    from drain3.masking import MaskingInstruction
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    config.masking_instructions = [
        MaskingInstruction(r"blk_-?\d+", "BLOCK"),
        MaskingInstruction(r"/?\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?", "ADDRESS"),
        MaskingInstruction(r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])", "NUMBER"),
    ]
    return TemplateMiner(config=config)


def _blocks(path: Path, template: Callable[[str], int]) -> list[list[int]]:
    found: dict[str, list[int]] = {}
    for line in path.read_text().splitlines():
        number = template(line)
        for block in dict.fromkeys(re.findall(_BLOCK, line)):
            found.setdefault(block.rpartition("/")[2], []).append(number)
    return list(found.values())


def _forest(learnt: Sequence[Sequence[int]], seed: int) -> Callable[[Sequence[Sequence[int]]], NDArray[np.float64]]:
    from sklearn.ensemble import IsolationForest

    size = 1 + max(max(one) for one in learnt)

    def counts(sessions: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        return np.array([np.bincount([min(event, size) for event in one], minlength=size + 1) for one in sessions])

    forest = IsolationForest(random_state=seed).fit(counts(learnt))
    return lambda sessions: -forest.score_samples(counts(sessions))


def _nearest(learnt: Iterable[Sequence[int]]) -> Callable[[Sequence[Sequence[int]]], NDArray[np.float64]]:
    known = Counting.learn([str(event) for event in one] for one in learnt)

    def judge(sessions: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        found = [known.measure([str(event) for event in one]) for one in sessions]
        return np.array([one.distance + 1e-3 * one.rarity for one in found])

    return judge


def _deeplog(options: argparse.Namespace, place: Path) -> list[Row]:
    seconds = _learn(options, options.deeplog / "train_normal.txt", place / "deeplog")
    odd = str(options.deeplog / "dev_abnormal.txt")
    scores = evaluate(seqtext.load(place / "deeplog"), options.deeplog / "dev_normal.txt", anomalies=[odd])
    return _rows("hdfs_deeplog", scores, seconds)


def _long(options: argparse.Namespace, place: Path) -> list[Row]:
    log, run = place / "long.log", place / "long"
    lines = write_log(log, options.megabytes, options.seed)
    rows = [Row("long log: lines", lines)]
    learn = ["train", "anomaly", log, "--group", _BLOCK, "--run", run, "--steps", options.steps, "--threads", 1]
    for name, typed in (("learnt", learn), ("judged", ["anomaly", "--file", log, "--model", run])):
        say(f"long log, {name} …")
        begun = perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "seqtext", *map(str, typed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"seqtext {typed[0]} failed")
        rows += [
            Row(f"long log, {name}", lines / (perf_counter() - begun), "lines/s"),
            Row(f"long log, {name}: most memory", used.ru_maxrss / 1024, "MB"),
        ]
    return rows


def _loghub(options: argparse.Namespace, place: Path) -> list[Row]:
    """Learn seven tenths of each log; judge the rest as it is, and with a line of another log in each session.

    Of BGL, normal lines are learnt and lines with an alert make a session odd.
    """
    rows, size = [], options.session_lines
    draw = random.Random(options.seed)
    logs = {path.stem: path.read_text().splitlines() for path in sorted(options.loghub.glob("*.log"))}
    for name, lines in logs.items():
        labels = [line.startswith("- ") or name != "BGL" for line in lines]
        lines = [line.partition(" ")[2] if name == "BGL" else line for line in lines]
        normal = [line for line, good in zip(lines, labels, strict=True) if good]
        first = len(normal) * 7 // 10 // size * size
        held = normal[first : first + (len(normal) - first) // size * size]
        odd = list(held)
        others = [line for other, found in logs.items() if other != name for line in found]
        alerts = [line for line, good in zip(lines, labels, strict=True) if not good]
        for begin in range(0, len(odd), size):
            odd[begin + draw.randrange(size)] = draw.choice(alerts or others)
        for part, found in (("normal", normal[:first]), ("held", held), ("odd", odd)):
            (place / f"{name}-{part}.log").write_text("".join(f"{line}\n" for line in found))
        say(f"{name} …")
        for told, settings in (("lines", {}), (f"sessions of {size}", {"session_lines": size})):
            run = place / f"{name}-{len(settings)}"
            _learn(options, place / f"{name}-normal.log", run, **settings)
            anomalies = [str(place / f"{name}-odd.log")] if settings else [str(place / f"{name}-only.log")]
            only = [new for old, new in zip(held, odd, strict=True) if old != new]
            (place / f"{name}-only.log").write_text("".join(f"{line}\n" for line in only))
            scores = evaluate(seqtext.load(run), place / f"{name}-held.log", anomalies=anomalies)
            rows += [
                Row(f"{name}, {told}: {one}", float(scores[one])) for one in ("f1", "auroc", "false_positive_rate")
            ]
    return rows
