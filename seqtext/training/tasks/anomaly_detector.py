"""The anomaly detector as the loop sees it: a language model of single lines with a threshold."""

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
    """Trains a LanguageNetwork on shuffled lines; what it saves knows how odd held-out lines are."""

    name = "anomaly"

    @staticmethod
    def answer(model: AnomalyDetector, text: str) -> Any:
        """Score a line."""
        return model.detect(text)

    @property
    def conclusion_seconds(self) -> float:
        """Tell that nothing is fitted or measured at the end: a detector writes no text."""
        return 0.0

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Add nothing to the saved model."""
        return iter(())

    def start_from(self, weights: dict[str, Any]) -> None:
        """Begin with a detector's network; what it counted is counted anew."""
        super().start_from({name: value for name, value in weights.items() if name != NORMAL})

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """The language model, what was counted, and a threshold for the model as it will be read: in half precision."""
        found, rate = super().contents(history, seconds), self.config.false_alarms
        counted = self.run.read_data("normal.json")
        lines = counted.pop("lines")
        weights = {name: array.astype(np.float16).astype(np.float32) for name, array in found.weights.items()}
        network = {name: value for name, value in found.config["network"].items() if name != "false_alarms"}
        cut = found.config["tokenizer"]
        cut = {name: value for name, value in cut.items() if value or name not in GROUPING}
        config: dict[str, Any] = {**found.config, "network": network, "tokenizer": cut}

        def made(rows: Any, **learnt: float) -> ModelFolder:
            facts = {"threshold": 0.0, "span_bits": 0.0, "false_alarms": rate, **learnt}
            scores = {**found.config["scores"], "threshold": facts["threshold"]}
            about = {**config, "scores": scores, "anomaly": {**facts, "held_out_lines": sum(lines.values())}}
            arrays = {**weights, NORMAL: pack({**counted, "held_out": rows})}
            return ModelFolder(about, found.tokenizer, arrays, found.history, card(about, self.run.folder.name))

        rows, span_bits = fit(AnomalyDetector(made([[0.0] * 3])), lines)
        scores = AnomalyDetector(made(rows)).scores(rows_from(rows))
        return made(rows, threshold=choose_threshold(scores, rate), span_bits=span_bits)
