"""Anomaly detectors of a few lines, whose language models have random weights."""

from collections import Counter
from functools import cache
from typing import Any

from builders import random_weights, unsaved_model
from seqtext.config import LanguageConfig, TokenizerConfig
from seqtext.models.alarm_threshold import fit
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.log_lines import Counting
from seqtext.models.log_masks import LogMask
from seqtext.models.normal_lines import NORMAL, pack
from seqtext.networks.language_model import expected_shapes
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import Tokenizer

SESSIONS = ["open read read close", "open write close", "open read close"] * 4
LOG = [f"12:00:{k:02d} disk {k} is ready" for k in range(20)] + ["12:30:00 all well"] * 10


@cache
def detector_folder(kind: str) -> ModelFolder:
    """A detector's folder; its language model has random weights."""
    words = kind == "word"
    mask = None if words else LogMask.learn(LOG)
    lines = SESSIONS if mask is None else [mask(line) for line in LOG]
    tokenizer = Tokenizer.train([f"{line}\n" for line in lines], TokenizerConfig(kind, 700, 1))
    config = LanguageConfig(hidden=24, embedding=16)
    weights = random_weights(expected_shapes(config, tokenizer.size))
    counting = Counting.learn(line.split() if words else LogMask.words(line) for line in lines)
    counted = {**(mask or LogMask()).facts, "counting": counting.to_dict()}

    def made(rows: Any, **learnt: float) -> ModelFolder:
        stored = {**weights, NORMAL: pack({**counted, "held_out": rows})}
        settings = {"threshold": 0.5, "false_alarms": 0.1, "span_bits": 12.0, **learnt}
        return unsaved_model("anomaly", config, tokenizer, stored, anomaly=settings)

    rows, span_bits = fit(AnomalyDetector(made([[0, 0, 0]])), Counter(lines))
    return made(rows, span_bits=span_bits)


def detector_of(kind: str = "word") -> AnomalyDetector:
    return AnomalyDetector(detector_folder(kind))
