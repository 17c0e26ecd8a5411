"""Write the model card of a trained model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqtext.data.split import LEARNT_TEXT
from seqtext.masks import MASK_KINDS
from seqtext.storage.model_card import with_header
from seqtext.storage.recital import Recital
from seqtext.tasks import TASKS

_HELD_OUT = "On held-out text of the same corpus"
_LEARNT = "On the text that it learnt from, since there was none to spare: on new text it will do worse"


def card(config: Mapping[str, Any], name: str) -> str:
    """Write the model card of a run, with the Hub's header.

    config: what config.json holds; name: what the model is called
    """
    spans = config.get("intervals", {})
    scores = "\n".join(_row(score, value, spans.get(score)) for score, value in config["scores"].items())
    network = ", ".join(f"{setting} {value}" for setting, value in config["network"].items())
    doubt = f"\nIt marks as unusual {doubt_marks(config['doubt'])}.\n" if "doubt" in config else ""
    remarks = "".join(f"\n{remark[:1].upper()}{remark[1:]}.\n" for remark in config.get("remarks", ()))
    recital = Recital.of(config)
    memory = "" if recital is None else f"\nMemory: {recital.told()}. {recital.verdict}\n"
    measured = _LEARNT if config["measured_on"] == LEARNT_TEXT else _HELD_OUT
    prose = (
        f"# A seqtext model {TASKS[config['task']].does}\n\n"
        f"Trained for {config['training']['seconds'] / 60:.1f} minutes on {config['training']['tokens']:,} tokens.\n\n"
        f"Network: {network}.\n\n{_masked(config)}{measured}{_told(spans)}:\n\n"
        f"| score | value |\n| --- | ---: |\n{scores}\n"
        f"{remarks}{_size(config)}{doubt}{memory}{_chosen(config)}"
    )
    return with_header(prose, config, name)


def _told(spans: Mapping[str, Any]) -> str:
    return ", with the range that holds 95 % of bootstrap resamples" if spans else ""


def _masked(config: Mapping[str, Any]) -> str:
    """Describe what was masked."""
    kinds = config.get("masks", {}).get("kinds", ())
    shown = ", ".join(f"`{MASK_KINDS[kind].stand_in}`" for kind in kinds)
    return f"It has learnt {shown} instead of what was written, and reads texts in the same way.\n\n" if kinds else ""


def _row(score: str, value: float, span: Sequence[float] | None) -> str:
    """Write a row of the table of scores, with its 95 % interval if there is one."""
    told = f" ({span[0]:.4g} to {span[1]:.4g})" if span else ""
    return f"| {score} | {value:.4g}{told} |"


def _size(config: Mapping[str, Any]) -> str:
    """Describe what the bound on the size cost, where one was given."""
    if "size" not in config:
        return ""
    limit, tried = config["size"]["limit"], config["size"]["tried"]
    kept, score = min(tried[1:], key=lambda trial: trial["loss"]), TASKS[config["task"]].score(tried[0])
    if kept == tried[0]:
        size = f"{kept['bytes'] / 1e6:.1f} MB"
        return f"\nIt was small enough as it was trained: {size}, {limit / 1e6:g} MB being asked for.\n"
    before, after = (f"{score} {trial[score]:.4g} and loss {trial['loss']:.4g}" for trial in (tried[0], kept))
    return (
        f"\nShrunk from {tried[0]['bytes'] / 1e6:.1f} to {kept['bytes'] / 1e6:.1f} MB, {limit / 1e6:g} MB being "
        f"asked for: {before} became {after}.\n"
    )


def doubt_marks(facts: Mapping[str, Any]) -> str:
    """State what shares of texts are marked as unusual; facts: see `seqtext.models.doubt.Doubt`."""
    own, texts, made = facts["own"], facts["texts"], facts["made"]
    return f"{own:.1%} of {texts:,} held-out texts, and {made:.1%} of texts made up to be unlike them"


#: Value in a line of a history where the linear classifier alone was kept, without the network.
KEPT_LINEAR = "linear"


def choice_facts(history: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Summarize a history's trials of rungs for config.json; {} without any.

    Of each rung the last trial: its settings, its budget, its scores. The last line but one tells whether the linear
    one was kept in the end.
    """
    history = list(history)
    tried = {line["trial"]["name"]: line["trial"] for line in history if "trial" in line}
    chosen = next((line for line in history if "chosen" in line), None)
    if chosen is None:
        return {}
    rung, why = chosen["chosen"], chosen["why"]
    linear = next((name for name, trial in tried.items() if trial["settings"].get("encoder") == "none"), rung)
    if linear != rung and [line.get("kept") for line in history[-2:-1]] == [KEPT_LINEAR]:
        rung, why = linear, f"since {rung}, trained for the rest of the time, added nothing to it on held-out text"
    return {"rung": rung, "chosen_for": why, "tried": list(tried.values())}


def _chosen(config: Mapping[str, Any]) -> str:
    """Write a table of the rungs that were tried, and which was chosen; "" without any."""
    if "tried" not in config:
        return ""
    score = next(
        (TASKS[config["task"]].score(trial["metrics"]) for trial in config["tried"] if trial["metrics"]), "loss"
    )
    rows = "\n".join(_tried_row(trial, score) for trial in config["tried"])
    return (
        f"\nChosen was the rung {config['rung']}, {config['chosen_for']}. Tried on the same held-out text:\n\n"
        f"| rung | settings | budget | loss | {score} |\n| --- | --- | ---: | ---: | ---: |\n{rows}\n"
    )


def _tried_row(tried: Mapping[str, Any], score: str) -> str:
    """Write a row of the table of trials."""
    settings = ", ".join(f"{name} {value}" for name, value in tried["settings"].items())
    budget = ", ".join(f"{amount:.3g} {unit}" for unit, amount in tried["budget"].items())
    if tried["loss"] is None:
        return f"| {tried['name']} | {settings} | {budget} | {tried['why']} | |"
    return f"| {tried['name']} | {settings} | {budget} | {tried['loss']:.4g} | {tried['metrics'].get(score, 0.0):.4g} |"
