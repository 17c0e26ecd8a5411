"""Train the anomaly detector. It is a language model of single lines, with a threshold."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from seqtext.config import GROUPING
from seqtext.models.alarm_threshold import choose_threshold, fit
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.normal_lines import NORMAL, pack, rows_from
from seqtext.storage.model_folder import ModelFolder
from seqtext.training.model_card import card
from seqtext.training.tasks.language_model import LanguageTask


class AnomalyTask(LanguageTask):
    """Train a LanguageNetwork on shuffled lines; calibrate its threshold on held-out lines."""

    name = "anomaly"

    @staticmethod
    def answer(model: AnomalyDetector, text: str) -> Any:
        """Score a line."""
        return model.detect(text)

    @property
    def conclusion_seconds(self) -> float:
        """Return 0 seconds. A detector writes no text, so nothing is fitted or measured at the end."""
        return 0.0

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Add nothing to the saved model."""
        return iter(())

    def start_from(self, weights: dict[str, Any]) -> None:
        """Start from a detector's network; its template counts are collected anew."""
        super().start_from({name: value for name, value in weights.items() if name != NORMAL})

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Build the model folder: language model, template counts and threshold.

        The threshold is chosen with the weights rounded to half precision, as the detector will read them.
        """
        folder, rate = super().contents(history, seconds), self.config.false_alarms
        counted = self.run.read_data("normal.json")
        lines = counted.pop("lines")
        weights = {name: array.astype(np.float16).astype(np.float32) for name, array in folder.weights.items()}
        network = {name: value for name, value in folder.config["network"].items() if name != "false_alarms"}
        tokenizer = folder.config["tokenizer"]
        tokenizer = {name: value for name, value in tokenizer.items() if value or name not in GROUPING}
        config: dict[str, Any] = {**folder.config, "network": network, "tokenizer": tokenizer}

        def folder_with(rows: Any, **learnt: float) -> ModelFolder:
            facts = {"threshold": 0.0, "span_bits": 0.0, "false_alarms": rate, **learnt}
            scores = {**folder.config["scores"], "threshold": facts["threshold"]}
            whole = {**config, "scores": scores, "anomaly": {**facts, "held_out_lines": sum(lines.values())}}
            arrays = {**weights, NORMAL: pack({**counted, "held_out": rows})}
            return ModelFolder(whole, folder.tokenizer, arrays, folder.history, card(whole, self.run.folder.name))

        rows, span_bits = fit(AnomalyDetector(folder_with([[0.0] * 3])), lines)
        scores = AnomalyDetector(folder_with(rows)).scores(rows_from(rows))
        return folder_with(rows, threshold=choose_threshold(scores, rate), span_bits=span_bits)
