"""Cards: the header that the Hugging Face Hub reads, read back by its own library."""

import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard
from huggingface_hub.repocard import metadata_load

from builders import model_contents
from seqtext.data.split import HELD_OUT_TEXT, LEARNT_TEXT
from seqtext.storage.catalog import bundled
from seqtext.storage.model_card import METRICS, complete_card, has_header, licence_of, read_licence, with_header
from seqtext.storage.model_folder import write_folder
from seqtext.tasks import TASKS

#: What the Hub offers for text, see https://huggingface.co/tasks.
PIPELINE_TAGS = {
    "text-classification", "token-classification", "question-answering", "translation", "summarization",
    "feature-extraction", "text-generation", "fill-mask", "sentence-similarity",
}  # fmt: skip
CONFIG: dict[str, Any] = {
    "task": "translate", "name": "en-de: a model", "network": {"cell": "lstm", "layers": 1},
    "scores": {"loss": 2.0, "bleu": 23.32199, "chrf": 50.0}, "measured_on": HELD_OUT_TEXT,
    "language": "en-de", "licence": "Apache-2.0 (weights); data: CC0",
    "data": ["hf:ann/pairs:train", "hf:imdb", "corpus.tsv", "hf:./folder"],
}  # fmt: skip


def read(card: str) -> Any:
    return ModelCard(card).data


def test_every_task_has_a_tag_of_the_hub() -> None:
    assert {task.pipeline_tag for task in TASKS.values()} <= PIPELINE_TAGS


def test_the_header_is_read_back() -> None:
    card = with_header("# A *model*\n", CONFIG, "run", ["ann/other"])
    assert ModelCard(card).text == "\n# A *model*\n"
    data = read(card)
    assert (data.library_name, data.pipeline_tag, data.license) == ("seqtext", "translation", "apache-2.0")
    assert (data.language, data.tags) == (["en", "de"], ["translate", "lstm"])
    assert data.datasets == ["ann/other", "ann/pairs", "imdb"]
    assert data.model_name == "en-de: a model"
    assert [(one.metric_type, one.metric_name, one.metric_value) for one in data.eval_results] == [
        ("bleu", "BLEU", 23.32), ("chrf", "chrF", 50.0),
    ]  # fmt: skip
    assert with_header(card, CONFIG, "run") == card


@pytest.mark.parametrize("measured_on", [LEARNT_TEXT, None])
def test_scores_on_no_held_out_text_are_not_told(measured_on: str | None) -> None:
    card = with_header("# A model\n", {**CONFIG, "measured_on": measured_on}, "run")
    assert "model-index" not in metadata_of(card)
    assert "held-out" not in card.lower()


def metadata_of(card: str) -> dict[str, Any]:
    return dict(read(card).to_dict())


def test_what_a_config_does_not_say_is_left_out() -> None:
    assert metadata_of(with_header("", {"task": "fill"}, "run")) == {
        "library_name": "seqtext", "pipeline_tag": "fill-mask", "tags": ["fill"],
    }  # fmt: skip


def test_an_edited_config_spoils_no_header() -> None:
    odd: dict[str, Any] = {
        "task": "fill", "name": 3, "network": [], "scores": {"top1": "much", "top5": 0.5}, "language": "English",
        "languages": {"x": 1}, "licence": "mine", "data": "everything", "measured_on": HELD_OUT_TEXT,
    }  # fmt: skip
    data = read(with_header("", odd, "a: b\n---\n# 'c'"))
    assert (data.license, data.language, data.datasets) == ("other", None, None)
    assert data.model_name == "a: b\n---\n# 'c'"
    assert [one.metric_value for one in data.eval_results] == [0.5]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("---\na: 1\n---\n# x", True), ("---\r\na: 1\r\n---\r\n# x", True), ("\n---\n---\n", True), ("", False),
        ("# x\n---\na: 1\n---\n", False), ("---\na: 1\n", False), ("----\na: 1\n----\n", False),
    ],
)  # fmt: skip
def test_has_header(card: str, expected: bool) -> None:
    assert has_header(card) is expected


def test_a_folder_gets_header_and_card(tmp_path: Path) -> None:
    write_folder(tmp_path, model_contents(card=""))
    complete_card(tmp_path, "mine")
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert card.endswith("---\n\n# mine\n\nA seqtext model that fills in blanks.\n")
    (tmp_path / "README.md").write_text("\ufeff---\nlanguage: fr\n---\nMine.\n", encoding="utf-8")
    complete_card(tmp_path, "mine")
    assert metadata_load(tmp_path / "README.md") == {"language": "fr"}


@pytest.mark.parametrize(("header", "licence"), [
    ("license: mit", "mit"), ("language: en\r\nlicense: cc0-1.0\r\ntags: []", "cc0-1.0"),
    ("license: 'apache-2.0'  # of the weights", "apache-2.0"),
    ("license: other\nlicense_name: house-rules", "house-rules"), ("license: other", "other"), ("language: en", None),
    ("license:", None), ("license:\nlanguage: en", None), ("license_link: LICENSE", None),
])  # fmt: skip
def test_the_licence_is_read_out_of_the_header_alone(header: str, licence: str | None) -> None:
    card = f"---\n{header}\n---\n\nlicense: gpl-3.0\n"
    data = read(card)
    assert licence_of(card) == licence == (data.get("license_name") or data.license)
    assert licence_of(card.removeprefix("---\n")) is None


def test_a_folder_without_a_card_names_no_licence(tmp_path: Path) -> None:
    assert read_licence(tmp_path) is None


@pytest.mark.parametrize("name", bundled())
def test_the_card_of_a_bundled_model(name: str) -> None:
    """It says what config.json says; beside that, it only names data sets on the Hub."""
    folder = bundled()[name]
    card = ModelCard.load(folder / "README.md")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert metadata_load(folder / "README.md") == card.data.to_dict()
    assert (card.data.library_name, card.data.license) == ("seqtext", "apache-2.0")
    assert read_licence(folder) == card.data.license
    assert card.data.language
    scores = {score: one.metric_value for one in card.data.eval_results for score in METRICS
              if METRICS[score] == (one.metric_type, one.metric_name)}  # fmt: skip
    assert scores == {score: float(f"{config['scores'][score]:.4g}") for score in METRICS if score in config["scores"]}
    prose = card.text.removeprefix("\n")
    assert prose.startswith(f"# {name}")
    whole = with_header(prose, {**config, "measured_on": HELD_OUT_TEXT}, name, card.data.datasets or ())
    assert whole == (folder / "README.md").read_text(encoding="utf-8")
