"""Write the card of a model that a run has trained."""

from collections.abc import Mapping
from typing import Any

_HELD_OUT = "On held-out text of the same corpus"


def card(does: str, config: Mapping[str, Any], held_out: str) -> str:
    """Write a model card of what a run knows of itself.

    does: what the model does, see `seqtext.tasks.Task`; config: what config.json holds
    held_out: which texts were held out, as a run reports it
    """
    scores = "\n".join(f"| {name} | {value:.4g} |" for name, value in config["scores"].items())
    network = ", ".join(f"{name} {value}" for name, value in config["network"].items())
    measured = "On the text that it learnt from, as none was held out" if held_out.startswith("none") else _HELD_OUT
    return (
        f"# A seqtext model {does}\n\n"
        f"Trained for {config['training']['seconds'] / 60:.1f} minutes on {config['training']['tokens']:,} tokens.\n\n"
        f"Network: {network}.\n\n{measured}:\n\n| score | value |\n| --- | ---: |\n{scores}\n"
    )
