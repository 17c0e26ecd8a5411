"""Choose among translations also by how likely each makes its source.

A translation that loses a word is shorter and as fluent, so that it may well be the likeliest. But nobody who reads it
would come upon the source: in "Le train est en retard.", nothing says that it goes to Lyon. Of the answers y of a beam
search, the best one has the largest

    (log p(y | x) + λ log p(x | y)) / ((5 + |y|) / 6)^α

with p(x | y), the channel, by a second encoder–decoder that was trained on the same pairs with their sides exchanged,
and reads and writes the same tokens. Direct and channel model together: Yee et al. 2019, arXiv:1908.05731. λ is chosen
on held-out pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SearchConfig, Seq2SeqConfig
from seqtext.decoding.beam import Hypothesis, length_norm
from seqtext.errors import ConfigError, ModelError
from seqtext.fields import from_config_json, is_number
from seqtext.networks.seq2seq import EncoderDecoder
from seqtext.storage.model_folder import ModelFolder
from seqtext.storage.weights import DOUBT_TABLE

#: What the names of the second network's weights begin with.
PREFIX = "channel."

_LARGEST = 10.0
#: Answers whose own score is so much lower than the best one's are not read back. With the usual length penalty two in
#: five are; of those that would come first, 7 % are among them, and without them nine tenths of the gain in chrF stay.
_FAR = 0.75
_AT_ONCE = 8192  # tokens that are read back together: of a wide beam and long sentences, all would take gigabytes
_BESIDE = (PREFIX, DOUBT_TABLE)  # what a reverse translator has for itself
_OF_CHANNEL = "; channel: "  # between two licences
_OF_ONE = ("scores", "measured_on", "intervals")  # what was measured without the channel
_TOLD = """
## Channel

A second network, which translates back, helps to choose the first answer; `seqtext info` shows its weight. Any scores
above were measured without it.
"""


class Channel:
    """Hold the network that reads translations back, and how much it counts.

    weight: λ
    """

    def __init__(self, network: EncoderDecoder, weight: float) -> None:
        self.network, self.weight = network, weight

    @classmethod
    def config_of(cls, facts: object, beside: Seq2SeqConfig) -> Seq2SeqConfig | None:
        """Read the settings of the second network from what config.json says of the channel, None where it has none.

        facts: `network`, its settings, and `weight`, λ; beside: the settings of the network that translates
        raises ModelError for other facts, or where either network has two vocabularies
        """
        if facts is None:
            return None
        network = facts.get("network") if isinstance(facts, dict) else None
        if not isinstance(facts, dict) or not isinstance(network, dict) or not _is_weight(facts.get("weight")):
            raise ModelError(
                f"config.json has channel = {facts!r:.80}; a weight from 0 to {_LARGEST:g} and the settings of a "
                "network are expected.",
                "fetch or train the model again",
            )
        config = from_config_json(Seq2SeqConfig, network, "channel")
        if not config.vocabulary == beside.vocabulary == "joint":
            raise ModelError(
                "config.json has separate vocabularies and a channel; joint ones are expected, of both networks.",
                "fetch or train the model again",
            )
        return config

    def best(
        self, sources: Sequence[NDArray[np.int32]], answers: Sequence[list[Hypothesis]], asked: SearchConfig
    ) -> list[list[Hypothesis]]:
        """Choose the best answer to each source; none where it has none.

        sources: the ids of each, (tokens,); answers: those that a search has found, in any order; asked: that search
        returns one answer or none a source
        """
        near = [_near(some) for some in answers]
        read = [(number, h) for number, some in enumerate(near) for h in some if len(some) > 1]
        longest = max((max(len(h.tokens), len(sources[number])) for number, h in read), default=0)
        each = max(1, _AT_ONCE // (longest + 1))
        scores: dict[tuple[int, tuple[int, ...]], float] = {}
        for start in range(0, len(read), each):
            some = read[start : start + each]
            texts = [np.array(h.tokens, np.int64) for _, h in some]
            back = self.network.log_prob(texts, [sources[number] for number, _ in some])
            for (number, h), nats in zip(some, back.tolist(), strict=True):
                scores[number, h.tokens] = h.score + self.weight * nats / length_norm(len(h.tokens) + 1, asked)
        return [
            [max(some, key=lambda h: scores[number, h.tokens])] if len(some) > 1 else some
            for number, some in enumerate(near)
        ]


def with_channel(model: ModelFolder, reverse: ModelFolder, weight: float) -> ModelFolder:
    """Put a channel beside a translator.

    model: the translator's folder, whose own channel is replaced; reverse: that of one the other way round; weight: λ
    returns the folder of both, with the data and licences of both; without scores, which were measured without it
    raises ConfigError where the channel cannot read and write the translator's tokens, where both name their languages
    and these are not exchanged, or for a weight that is not from 0 to 10
    """
    if not _is_weight(weight):
        raise ConfigError(f"weight received {weight!r:.80}; a number from 0 to {_LARGEST:g} is expected.", "weight=0.5")
    joint = all(one.config["network"].get("vocabulary") == "joint" for one in (model, reverse))
    if not joint or model.tokenizer != reverse.tokenizer:
        raise ConfigError(
            "The two translators cut text into different tokens; a reverse one is expected that was trained from the "
            "first, with a joint vocabulary.",
            "seqtext train translate pairs.tsv --from FIRST --run REVERSE --columns source=2,target=1",
        )
    languages = [str(one.config.get("language", "")).split("-") for one in (model, reverse)]
    if all(map(any, languages)) and languages[0] != languages[1][::-1]:
        told = " and ".join(" into ".join(one) for one in languages)
        raise ConfigError(
            f"The two translators are from {told}; a reverse one translates back.",
            "model.with_channel(reverse, 0.5), with pairs exchanged when reverse was trained",
        )
    own = {name: array for name, array in model.weights.items() if not name.startswith(PREFIX)}
    beside = {PREFIX + name: array for name, array in reverse.weights.items() if not name.startswith(_BESIDE)}
    own_data = _data_of(model.config)
    added = [name for name in _data_of(reverse.config) if name not in own_data]
    facts = {"weight": float(weight), "network": reverse.config["network"], **({"data": added} if added else {})}
    config = {name: fact for name, fact in model.config.items() if name not in _OF_ONE}
    config |= {"channel": facts, **_of_both(model.config, reverse.config)}
    card = model.card if "channel" in model.config or not model.card else f"{model.card.rstrip()}\n{_TOLD}"
    return replace(model, config=config, weights={**own, **beside}, card=card)


def forms_of(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, str]:
    """Return how a channel's arrays are stored beside 8-bit ones, by name; none without a channel.

    Matrices take four bits a number: a channel tells translations apart that differ in a lost word, and no score of the
    bundled translators changes by it.
    """
    matrices = {name: array.shape for name, array in weights.items() if name.startswith(PREFIX) and array.ndim > 1}
    return {name: "int4" for name, shape in matrices.items() if shape[0] > 1 and shape[1] % 2 == 0}


def _of_both(model: Mapping[str, Any], reverse: Mapping[str, Any]) -> dict[str, Any]:
    """Join what config.json says of the data and the licences of two translators, without those of their channels."""
    joined: dict[str, Any] = {}
    if data := [name for one in (model, reverse) for name in _data_of(one)]:
        joined["data"] = list(dict.fromkeys(data))
    own, other = (str(one.get("licence") or "").partition(_OF_CHANNEL)[0] for one in (model, reverse))
    if licence := own if other in ("", own) else f"{own}{_OF_CHANNEL}{other}":
        joined["licence"] = licence.removeprefix("; ")
    return joined


def _data_of(config: Mapping[str, Any]) -> list[str]:
    """List the data of a translator alone; what a channel added stands in `channel`."""
    data, channel = config.get("data") or [], config.get("channel")
    added = channel.get("data", []) if isinstance(channel, dict) else []
    return [str(name) for name in ([data] if isinstance(data, str) else data) if name not in added]


def _near(answers: list[Hypothesis]) -> list[Hypothesis]:
    """Select the answers to a source that may be the best."""
    least = max((h.score for h in answers), default=0.0) - _FAR
    return [h for h in answers if h.score > least]


def _is_weight(value: object) -> bool:
    return is_number(value, 0.0, _LARGEST)
