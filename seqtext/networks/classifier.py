"""Describe the classifier's network: its encoder's input, and its weights' shapes.

The rungs are in `seqtext.networks.encoders`. Beside a token's vector, an encoder may read the states of another model's
readers, learnt without labels, which say what the token means where it stands (Peters et al. 2018, N18-1202): see
`context`. Beside any encoder, words and runs of words may vote for the labels: see `seqtext.networks.hashing.votes`.
"""

from collections.abc import Mapping

from seqtext.config import ClassifyConfig
from seqtext.fields import from_dict, to_dict
from seqtext.networks.cells import Array
from seqtext.networks.encoders import ENCODERS, Encoder


def context(config: ClassifyConfig) -> ClassifyConfig | None:
    """Configure the readers of another model as a second encoder.

    Their states stand beside each token's vector; None without any.
    """
    if config.context == "none":
        return None
    cell, depth, hidden, direction = config.context.split(",")
    changes = {"encoder": cell, "layers": int(depth), "hidden": int(hidden), "direction": direction, "context": "none"}
    return from_dict(ClassifyConfig, {**to_dict(config), **changes})


def input_size(config: ClassifyConfig) -> int:
    """Return the size of the encoder's input at each token."""
    beside = context(config)
    return config.embedding + (0 if beside is None else features(beside))


def features(config: ClassifyConfig) -> int:
    """Return the size of each encoder state."""
    return ENCODERS[config.encoder].features(config, input_size(config))


def load_encoder(config: ClassifyConfig, weights: Mapping[str, Array], name: str = "encoder") -> Encoder:
    """Make the encoder that a config names.

    name: the prefix of its weights' names
    """
    return ENCODERS[config.encoder](config, weights, name)


def expected_shapes(config: ClassifyConfig, vocabulary: int, labels: int) -> dict[str, tuple[int, ...]]:
    """List every array of a classifier's weights and its shape.

    wide: scores of hashed words and runs for each label; idf: their inverse document frequencies; pairs: vectors of
    hashed runs; context: the readers of another model; look, looked: see `seqtext.networks.pooling.attention`

    vocabulary, labels: how many there are
    """
    counted: dict[str, tuple[int, ...]] = {}
    if config.buckets:
        counted["wide.weight"] = (config.buckets, labels)
    if config.has_idf:
        counted["idf"] = (config.buckets,)
    if config.linear:
        return {**counted, "output.bias": (labels,)}
    shapes = {"embedding.weight": (vocabulary, config.embedding), **counted}
    if config.pairs:
        shapes["pairs.weight"] = (config.pairs, config.embedding)
    if beside := context(config):
        shapes |= ENCODERS[beside.encoder].shapes(beside, config.embedding, "context")
    shapes |= ENCODERS[config.encoder].shapes(config, input_size(config), "encoder")

    width = features(config)
    if "attention" in config.poolings:
        shapes |= {
            "encoder.look.weight": (width, width), "encoder.look.bias": (width,), "encoder.looked": (width,),
        }  # fmt: skip
    return shapes | {"output.weight": (labels, width * len(config.poolings)), "output.bias": (labels,)}
