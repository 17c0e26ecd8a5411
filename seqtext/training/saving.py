"""The model folder that a run writes: what all tasks put in it."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.fields import to_dict
from seqtext.storage.model_folder import FORMAT, ModelFolder


def folder_of(
    task: str,
    network: nn.Module,
    tokenizer: str,
    configs: tuple[TokenizerConfig, Any, TrainingConfig],
    history: list[dict[str, Any]],
    facts: Mapping[str, Any],
    **own: Any,
) -> ModelFolder:
    """The weights and tokenizer as they are, and a config.json.

    tokenizer: the text of tokenizer.json; configs: of tokenizer, network and training; facts: what is known of the
    training, "seconds" and "tokens"; own: what else config.json is to say
    """
    weights = {name: value.detach().float().cpu().numpy() for name, value in network.state_dict().items()}
    config = {
        "format": FORMAT,
        "task": task,
        "network": to_dict(configs[1]),
        "tokenizer": to_dict(configs[0]),
        "training": {**to_dict(configs[2]), **facts},
        "scores": {name: value for name, value in history[-1].items() if name not in ("step", "seconds")},
        **own,
    }
    return ModelFolder(config, tokenizer, weights, history, card(config))


_WHAT = {
    "fill": "that fills in blanks",
    "generate": "that goes on with text",
    "anomaly": "that finds lines which do not belong",
    "translate": "that translates",
    "summarize": "that summarizes",
    "classify": "that labels texts",
}


def card(config: Mapping[str, Any]) -> str:
    """A model card of what a run knows of itself."""
    scores = "\n".join(f"| {name} | {value:.4g} |" for name, value in config["scores"].items())
    network = ", ".join(f"{name} {value}" for name, value in config["network"].items())
    return (
        f"# A seqtext model {_WHAT[config['task']]}\n\n"
        f"Trained for {config['training']['seconds'] / 60:.1f} minutes on {config['training']['tokens']:,} tokens.\n\n"
        f"Network: {network}.\n\nOn held-out text of the same corpus:\n\n| score | value |\n| --- | ---: |\n{scores}\n"
    )
