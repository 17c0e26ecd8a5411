"""Resolve settings: preset, the model to start from, single settings."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqtext.config import (
    LANGUAGE_CELLS,
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
)
from seqtext.errors import ConfigError
from seqtext.fields import from_dict, renamed
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder

Configs = tuple[TokenizerConfig, Any, TrainingConfig]
NETWORKS: dict[str, type] = {
    "fill": FillConfig,
    "generate": LanguageConfig,
    "anomaly": AnomalyConfig,
    "translate": Seq2SeqConfig,
    "summarize": Seq2SeqConfig,
    "classify": ClassifyConfig,
}
TOKENIZERS: dict[str, type[TokenizerConfig]] = {"anomaly": LogTokenizerConfig}
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


def configure(task: str, preset: str, settings: dict[str, Any], start: str | Path | None) -> Configs:
    """The three configs from a preset, the model that training starts from, and single settings."""
    kinds = (TOKENIZERS.get(task, TokenizerConfig), NETWORKS[task], TrainingConfig)
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
    return configs_from(task, [{name: chosen[name] for name in chosen if name in own} for own in names])


def configs_from(task: str, data: Sequence[Mapping[str, Any]]) -> Configs:
    """Build the configs of tokenizer, network and training from plain data."""
    cut = from_dict(TOKENIZERS.get(task, TokenizerConfig), data[0])
    return cut, from_dict(NETWORKS[task], data[1]), from_dict(TrainingConfig, data[2])


def taken_settings(config: dict[str, Any], encoder: str | None = None, beside: str | None = None) -> dict[str, Any]:
    """The settings of a classifier that takes over what a fill or language model knows; none of another model.

    Its vectors learn on: word vectors learnt without labels make up for much of what few labelled texts cannot teach
    (Kim 2014, arXiv:1408.5882). Its readers stay as they are, and their states stand beside the vectors (Peters et al.
    2018, N18-1202), unless `none` is asked for; an encoder, a convolution where none is named, reads both. Only where
    the encoder asked for is the model's own are its readers the encoder, and learn on (Howard and Ruder 2018,
    P18-1031).

    config: what the model's config.json holds; encoder, beside: the --encoder and --context that were asked for, if any
    """
    if config["task"] not in ("fill", "generate"):
        return {}
    network = config["network"]
    direction, recurrent = network.get("direction", "forward"), network["cell"] in LANGUAGE_CELLS
    if recurrent and encoder == network["cell"]:
        sizes = {name: network[name] for name in ("layers", "hidden", "embedding")}
        return {"encoder": encoder, **sizes, "direction": direction}
    readers = ",".join(str(one) for one in (network["cell"], network["layers"], network["hidden"], direction))
    return {
        "encoder": encoder or "convolution",
        "embedding": network["embedding"],
        "context": readers if recurrent and beside != "none" else "none",
    }
