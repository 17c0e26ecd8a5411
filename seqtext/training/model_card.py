"""Write the card of a model that a run has trained."""

from collections.abc import Mapping
from typing import Any

from seqtext.data.split import LEARNT_TEXT
from seqtext.storage.model_card import with_header
from seqtext.storage.recital import Recital
from seqtext.tasks import TASKS

_HELD_OUT = "On held-out text of the same corpus"
_LEARNT = "On the text that it learnt from, since there was none to spare: on new text it will do worse"


def card(config: Mapping[str, Any], name: str) -> str:
    """Write a model card of what a run knows of itself, with the Hub's header.

    config: what config.json holds; name: what the model is called
    """
    scores = "\n".join(f"| {score} | {value:.4g} |" for score, value in config["scores"].items())
    network = ", ".join(f"{setting} {value}" for setting, value in config["network"].items())
    doubt = f"\nIt marks as unusual {doubt_marks(config['doubt'])}.\n" if "doubt" in config else ""
    remarks = "".join(f"\n{remark[:1].upper()}{remark[1:]}.\n" for remark in config.get("remarks", ()))
    recital = Recital.of(config)
    memory = "" if recital is None else f"\nMemory: {recital.told()}. {recital.verdict}\n"
    measured = _LEARNT if config["measured_on"] == LEARNT_TEXT else _HELD_OUT
    prose = (
        f"# A seqtext model {TASKS[config['task']].does}\n\n"
        f"Trained for {config['training']['seconds'] / 60:.1f} minutes on {config['training']['tokens']:,} tokens.\n\n"
        f"Network: {network}.\n\n{measured}:\n\n| score | value |\n| --- | ---: |\n{scores}\n"
        f"{remarks}{_size(config)}{doubt}{memory}"
    )
    return with_header(prose, config, name)


def _size(config: Mapping[str, Any]) -> str:
    """Say what the bound on the size cost, where one was given."""
    if "size" not in config:
        return ""
    limit, tried = config["size"]["limit"], config["size"]["tried"]
    kept, score = min(tried[1:], key=lambda one: one["loss"]), TASKS[config["task"]].score(tried[0])
    before, after = (f"{score} {one[score]:.4g} and loss {one['loss']:.4g}" for one in (tried[0], kept))
    return (
        f"\nBrought from {tried[0]['bytes'] / 1e6:.1f} to {kept['bytes'] / 1e6:.1f} MB, {limit / 1e6:g} MB being "
        f"asked for: {before} became {after}.\n"
    )


def doubt_marks(facts: Mapping[str, Any]) -> str:
    """Say what a doubt marks; facts: see `seqtext.models.doubt.Doubt`."""
    own, texts = facts["own"], facts["texts"]
    marks = f"{own:.1%} of {texts:,} held-out texts and {facts['made']:.1%} of texts made to be unlike them"
    return f"{marks}, on both of which it was fitted"
