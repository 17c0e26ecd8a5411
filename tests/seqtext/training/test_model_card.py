"""What the card of a trained model says of its scores, and the header that the Hugging Face Hub reads above it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import ModelCard
from huggingface_hub.repocard import metadata_load
from training_corpora import SMALL, small_corpus

from seqtext.data.split import HELD_OUT_TEXT, LEARNT_TEXT
from seqtext.storage.model_card import METRICS
from seqtext.tasks import TASKS
from seqtext.training.model_card import card
from seqtext.training.tasks.base import TrainingTask
from seqtext.training.train import train

CONFIG = {
    "task": "fill", "scores": {"loss": 1.25, "top1": 0.5}, "network": {"cell": "gru"},
    "training": {"seconds": 60.0, "tokens": 100},
}  # fmt: skip


def test_scores_on_what_was_learnt_are_not_called_held_out() -> None:
    told = card({**CONFIG, "measured_on": HELD_OUT_TEXT}, "mine")
    assert "\nOn held-out text of the same corpus:\n" in told
    assert "\nmodel-index:\n" in told
    alone = card({**CONFIG, "measured_on": LEARNT_TEXT}, "mine")
    assert "\nOn the text that it learnt from, since there was none to spare: on new text it will do worse:\n" in alone
    assert "held-out" not in alone.lower()
    assert "model-index" not in alone


def test_data_sets_of_the_hub_keep_their_names() -> None:
    """Of a file, only the name is told."""
    task: Any = SimpleNamespace(request=SimpleNamespace(corpora=["hf:ann/pairs:train", "texts/pairs.tsv"]))
    assert TrainingTask.describe_data(task) == {"data": ["hf:ann/pairs:train", "pairs.tsv"]}


@pytest.mark.parametrize("task", TASKS)
def test_the_hub_reads_the_card_of_a_run(task: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {**SMALL, "min_count": 1}
    list(train(task, small_corpus(tmp_path, task), tmp_path / "run", steps=2, **settings))
    path = tmp_path / "run" / "README.md"
    found = ModelCard.load(path)
    assert found.data.to_dict() == metadata_load(path)
    assert (found.data.library_name, found.data.pipeline_tag) == ("seqtext", TASKS[task].pipeline_tag)
    assert found.text.startswith(f"\n# A seqtext model {TASKS[task].does}\n")
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    known = {METRICS[name][1]: float(f"{value:.4g}") for name, value in config["scores"].items() if name in METRICS}
    assert known
    if config["measured_on"] == LEARNT_TEXT:  # a language model holds out a stretch, which so little text has not
        assert task == "generate"
        assert found.data.eval_results is None
    else:
        assert found.data.model_name == "run"
        assert {one.metric_name: one.metric_value for one in found.data.eval_results} == known
