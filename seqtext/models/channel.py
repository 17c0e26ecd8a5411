"""Rank translations also by how likely each makes its source.

A translation that loses a word is shorter and as fluent, so that it may well be the likeliest. But nobody who reads it
would come upon the source: in "Le train est en retard.", nothing says that it goes to Lyon. Of the answers y of a beam
search, the best one has the largest

    (log p(y | x) + λ log p(x | y)) / ((5 + |y|) / 6)^α

with p(x | y), the channel, by a second encoder–decoder that was trained on the same pairs with their sides exchanged,
and reads and writes the same tokens. Direct and channel model together: Yee et al. 2019, arXiv:1908.05731. λ is chosen
on held-out pairs.
"""

from collections.abc import Sequence
from dataclasses import replace

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
_BESIDE = (PREFIX, DOUBT_TABLE)  # what a reverse translator has for itself


class Channel:
    """Hold the network that reads translations back, and how much it counts.

    weight: λ
    """

    def __init__(self, network: EncoderDecoder, weight: float) -> None:
        self.network, self.weight = network, weight

    @classmethod
    def config_of(cls, facts: object) -> Seq2SeqConfig | None:
        """Read the settings of the second network from what config.json says of the channel, None where it has none.

        facts: `network`, its settings, and `weight`, λ; raises ModelError for others
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
        if config.vocabulary != "joint":
            raise ModelError("config.json has a channel with separate vocabularies; joint is expected.", "edit it")
        return config

    def search(self, asked: SearchConfig) -> SearchConfig:
        """Return the search for all answers of the beam, from which the best will be taken."""
        return replace(asked, n_best=asked.beam)

    def best(
        self, sources: Sequence[NDArray[np.int32]], answers: Sequence[list[Hypothesis]], asked: SearchConfig
    ) -> list[list[Hypothesis]]:
        """Rank the answers to each source, best first, `asked.n_best` at most.

        sources: the ids of each, (tokens,)
        """
        many = [number for number, some in enumerate(answers) for _ in some if len(some) > 1]
        ranked = [list(some) for some in answers]
        if many:
            read = [np.array(h.tokens, np.int64) for some in answers if len(some) > 1 for h in some]
            back = iter(self.network.log_prob(read, [sources[number] for number in many]).tolist())
            for number in dict.fromkeys(many):
                scores = {h.tokens: self._score(h, next(back), asked) for h in answers[number]}
                ranked[number].sort(key=lambda h: -scores[h.tokens])
        return [some[: asked.n_best] for some in ranked]

    def _score(self, answer: Hypothesis, back: float, asked: SearchConfig) -> float:
        return answer.score + self.weight * back / length_norm(len(answer.tokens) + 1, asked)


def with_channel(model: ModelFolder, reverse: ModelFolder, weight: float) -> ModelFolder:
    """Put a channel beside a translator.

    model: the translator's folder, whose own channel is replaced; reverse: that of one the other way round; weight: λ
    raises ConfigError where the channel cannot read and write the translator's tokens, or for a weight that is not from
    0 to 10
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
    own = {name: array for name, array in model.weights.items() if not name.startswith(PREFIX)}
    beside = {PREFIX + name: array for name, array in reverse.weights.items() if not name.startswith(_BESIDE)}
    facts = {"weight": float(weight), "network": reverse.config["network"]}
    return replace(model, config={**model.config, "channel": facts}, weights={**own, **beside})


def _is_weight(value: object) -> bool:
    return is_number(value, 0.0, _LARGEST)
