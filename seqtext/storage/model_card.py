"""Read and write model cards, README.md with the Hub's YAML header.

The Hub takes from it what a model is for, its language, licence, data sets and scores: `library_name`, `pipeline_tag`,
`model-index` and others, see https://huggingface.co/docs/hub/model-cards.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqtext.data.split import HELD_OUT_TEXT
from seqtext.fields import is_number
from seqtext.tasks import TASKS

#: The scores that the Hub has a type for, or that ours are known by: that type, and what the score is called.
METRICS = {
    "top1": ("accuracy", "Top-1 accuracy of a blank"),
    "top5": ("accuracy", "Top-5 accuracy of a blank"),
    "accuracy": ("accuracy", "Accuracy"),
    "macro_f1": ("f1", "Macro-F1"),
    "micro_f1": ("f1", "Micro-F1"),
    "bleu": ("bleu", "BLEU"),
    "chrf": ("chrf", "chrF"),
    "rouge1": ("rouge", "ROUGE-1"),
    "rouge2": ("rouge", "ROUGE-2"),
    "rougeL": ("rouge", "ROUGE-L"),
    "bits_per_character": ("bits_per_character", "Bits per character"),
    "perplexity": ("perplexity", "Perplexity of a token"),
}
_LICENCES = (
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0",
    "gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "mpl-2.0", "unlicense",
)  # fmt: skip
_HEADER = re.compile(r"\s*---\r?\n(?:.*?\r?\n)??---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LICENCE_LINE = re.compile(r"^(license|license_name):[ \t]*([^#\r\n]*?)[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_DATASET = re.compile(r"hf:([A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?)(?::.*)?")


def has_header(card: str) -> bool:
    r"""Tell whether a card begins with a header.

    >>> has_header("---\nlanguage: en\n---\n# A model\n"), has_header("# A model\n")
    (True, False)
    """
    return _HEADER.match(card) is not None


def licence_of(card: str) -> str | None:
    r"""Read the weights' licence from a card's header.

    Returns None where it names none. A licence that the Hub does not know has the name that the card gives it.

    >>> licence_of("---\nlicense: other\nlicense_name: house-rules\n---\n"), licence_of("license: mit")
    ('house-rules', None)
    """
    header = _HEADER.match(card)
    told = {name: value.strip("\"'") for name, value in _LICENCE_LINE.findall(header[0])} if header else {}
    return (told.get("license_name") if told.get("license") == "other" else None) or told.get("license") or None


def read_licence(folder: Path) -> str | None:
    """Read the licence of a model folder from its card.

    None where there is no card, or it names none.
    """
    path = folder / "README.md"
    return licence_of(path.read_text(encoding="utf-8-sig", errors="replace")) if path.is_file() else None


def with_header(card: str, config: Mapping[str, Any], name: str, datasets: Sequence[str] = ()) -> str:
    """Prepend the Hub's header to a card, unless it has one.

    config: what config.json holds; name: what the model is called where the config does not say; datasets: ids on the
    Hub of data that was learnt from, beside those that the config names as `hf:NAME`. Scores are told only where the
    config says that they were measured on held-out text.
    """
    if has_header(card):
        return card
    from huggingface_hub import ModelCardData  # takes a tenth of a second

    task = TASKS[config["task"]]
    config_name = config.get("name")
    header = ModelCardData(
        library_name="seqtext",
        pipeline_tag=task.pipeline_tag or None,
        language=_languages(config),
        license=_licence(config),
        datasets=_unique([*datasets, *_datasets(config)]),
        tags=[task.name, *_architecture(config)],
        model_name=config_name if isinstance(config_name, str) and config_name else name,
        eval_results=_results(config, task.pipeline_tag or task.name) or None,
    )
    return f"---\n{_told(header)}\n---\n\n{card}"


def complete_card(folder: Path, name: str) -> None:
    """Add a header to a model folder's card, or write a card.

    The files of the folder must have been checked.
    """
    path = folder / "README.md"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    card = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    if not has_header(card):
        card = card or f"# {name}\n\nA seqtext model {TASKS[config['task']].does}.\n"
        path.write_bytes(with_header(card, config, name).encode("utf-8", "backslashreplace"))


def _told(header: Any) -> str:
    """The header as YAML; without scores, the name is not told: the Hub knows the repository's."""
    if header.eval_results is None:
        header.model_name = None
    return str(header.to_yaml())


def _results(config: Mapping[str, Any], kind: str) -> list[Any]:
    """The scores on held-out text, as the Hub's library has them."""
    from huggingface_hub import EvalResult

    scores = config.get("scores")
    if config.get("measured_on") != HELD_OUT_TEXT or not isinstance(scores, Mapping):
        return []
    return [
        EvalResult(
            task_type=kind,
            dataset_type="custom",
            dataset_name="Held-out text of the same corpus",
            metric_type=METRICS[name][0],
            metric_name=METRICS[name][1],
            metric_value=float(f"{scores[name]:.4g}"),
        )
        for name in METRICS
        if is_number(scores.get(name))
    ]


def _languages(config: Mapping[str, Any]) -> list[str] | None:
    """Codes of the languages that a model reads, writes or tells apart; None where it does not say."""
    code_names, told_apart = config.get("language"), config.get("languages")
    codes = code_names.split("-") if isinstance(code_names, str) else []
    codes += list(told_apart.values()) if isinstance(told_apart, Mapping) else []
    return _unique(code for code in codes if isinstance(code, str) and re.fullmatch("[a-z]{2,3}", code))


def _licence(config: Mapping[str, Any]) -> str | None:
    """The Hub's name of the licence of the weights: "apache-2.0" of "Apache-2.0 (weights); data: CC0"."""
    told = config.get("licence")
    if not isinstance(told, str) or not told.strip():
        return None
    first = re.split(r"[\s;,(]", told.strip().lower())[0]
    return first if first in _LICENCES else "other"


def _datasets(config: Mapping[str, Any]) -> list[str]:
    data = config.get("data")
    sources = [one for one in data if isinstance(one, str)] if isinstance(data, list) else []
    return [match[1] for match in map(_DATASET.fullmatch, sources) if match]


def _architecture(config: Mapping[str, Any]) -> list[str]:
    """The cell or the encoder of the network."""
    network = config.get("network")
    names = [network.get(key) for key in ("cell", "encoder")] if isinstance(network, Mapping) else []
    return [name for name in names if isinstance(name, str)]


def _unique(items: Any) -> list[str] | None:
    return list(dict.fromkeys(items)) or None
