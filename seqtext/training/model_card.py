"""Write the card of a model that a run has trained."""

from collections.abc import Mapping
from typing import Any

from seqtext.data.split import LEARNT_TEXT

_HELD_OUT = "On held-out text of the same corpus"
_LEARNT = "On the text that it learnt from, since there was none to spare: on new text it will do worse"


def card(does: str, config: Mapping[str, Any]) -> str:
    """Write a model card of what a run knows of itself.

    does: what the model does, see `seqtext.tasks.Task`; config: what config.json holds
    """
    scores = "\n".join(f"| {name} | {value:.4g} |" for name, value in config["scores"].items())
    network = ", ".join(f"{name} {value}" for name, value in config["network"].items())
    doubt = f"\nIt marks as unusual {doubt_marks(config['doubt'])}.\n" if "doubt" in config else ""
    measured = _LEARNT if config["measured_on"] == LEARNT_TEXT else _HELD_OUT
    return (
        f"# A seqtext model {does}\n\n"
        f"Trained for {config['training']['seconds'] / 60:.1f} minutes on {config['training']['tokens']:,} tokens.\n\n"
        f"Network: {network}.\n\n{measured}:\n\n| score | value |\n| --- | ---: |\n{scores}\n{doubt}"
    )


def doubt_marks(facts: Mapping[str, Any]) -> str:
    """Say what a doubt marks; facts: see `seqtext.models.doubt.Doubt`."""
    own, texts = facts["own"], facts["texts"]
    marks = f"{own:.1%} of {texts:,} held-out texts and {facts['made']:.1%} of texts made to be unlike them"
    return f"{marks}, on both of which it was fitted"
