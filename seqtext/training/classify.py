"""The classifier's network and its loss: tokens, an encoder, a pooling, one score per label.

z = W p + b over what the encoder's states were pooled to; the loss is the cross-entropy of softmax(z) with a target
that gives each label a little (label smoothing, Szegedy et al. 2016, arXiv:1512.00567).
"""

from typing import Any

import torch
from torch import Tensor, nn

from seqtext.config import ClassifyConfig
from seqtext.encoders import features
from seqtext.training.encoders import Encoder
from seqtext.training.modules import Dropper


class ClassifyNetwork(nn.Module):
    """`seqtext.classify` answers from the same weights.

    weights of the labels in the loss, (labels,), whose mean over the texts is 1: see `label_weights`
    """

    def __init__(self, config: ClassifyConfig, vocabulary: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.taken = False  # whether embedding and readers are those of another model
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        if config.pairs:
            self.pairs = nn.Embedding(config.pairs, config.embedding)
            nn.init.zeros_(self.pairs.weight)
        self.encoder = Encoder(config)
        self.output = nn.Linear(features(config) * len(config.poolings), labels)
        nn.init.zeros_(self.output.bias)

    def forward(
        self,
        ids: Tensor,
        mask: Tensor,
        pairs: Tensor | None = None,
        drop: Dropper | None = None,
        frozen: bool = False,
    ) -> Tensor:
        """Scores, (rows, labels), of ids (rows, time); mask: True at real tokens; pairs: buckets, (rows, time).

        frozen: embeddings and encoder do not learn
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
            vectors = self.embedding(ids)
            if pairs is not None:
                vectors = vectors + self.pairs(pairs)
            if drop is not None:
                vectors = drop(drop.words(vectors))
            states = self.encoder.states(vectors, mask, drop).float()
        pooled = torch.cat([self.encoder.pool(states, mask, kind) for kind in self.config.poolings], 1)
        if drop is not None:
            pooled = drop(pooled[:, None])[:, 0]
        scores: Tensor = self.output(pooled)
        return scores

    def loss(self, scores: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """Summed nats of the texts, each weighed as its label is."""
        log_probs = torch.log_softmax(scores.float(), 1)
        share = self.config.label_smoothing
        own = log_probs.gather(1, labels[:, None])[:, 0]
        nats: Tensor = -(weights[labels] * ((1.0 - share) * own + share * log_probs.mean(1))).sum()
        return nats

    def take_over(self, weights: dict[str, Any]) -> None:
        """Begin with the embedding and the readers of a fill or language model, whatever else it has."""
        stack = "right" if self.config.direction == "backward" else "left"  # a model that reads one way calls it left
        names = {"embedding.": "embedding.", "left.": f"encoder.{stack}."}
        if self.config.direction == "both":
            names["right."] = "encoder.right."
        own = self.state_dict()
        for name, value in weights.items():
            for before, after in names.items():
                if name.startswith(before):
                    own[after + name.removeprefix(before)] = torch.from_numpy(value.copy())
        self.load_state_dict(own)
        self.taken = True


def taken_settings(config: dict[str, Any]) -> dict[str, Any]:
    """The settings of a classifier that takes over the readers of a model; none where it has no such readers.

    config: what the model's config.json holds
    """
    if config["task"] not in ("fill", "generate"):
        return {}
    network = config["network"]
    sizes = {name: network[name] for name in ("layers", "hidden", "embedding")}
    return {"encoder": network["cell"], **sizes, "direction": network.get("direction", "forward")}


def label_weights(counts: Tensor, balance: float) -> Tensor:
    """(labels,) texts of each → the weight of each in the loss, count^−balance, scaled so that their mean is 1."""
    weights = counts.clamp_min(1).double().pow(-balance)
    scaled: Tensor = weights * counts.sum() / (weights * counts).sum().clamp_min(1e-12)
    return scaled.float()
