"""Learn to classify: tokens, an encoder, a pooling, one score per label.

z = W p + b, with W, (labels, features · poolings), p, (features · poolings,), the pooled states of the encoder, and z
and b, (labels,); hashed words and runs, where they are counted, add their votes to z, and a linear model is b and these
votes alone, without an encoder. The loss is the cross-entropy of softmax(z) with a target that gives each label a
little (label smoothing, Szegedy et al. 2016, arXiv:1512.00567). With multi-label texts, each label is a question of its
own, and the loss is the sum of their binary cross-entropies with σ(z).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqtext.config import ClassifyConfig
from seqtext.networks.classifier import context, features, input_size
from seqtext.training.batches.label_files import LabelBatch
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.encoders import ENCODERS


class ClassifyNetwork(nn.Module):
    """Learn the classifier's network; `seqtext.models.classifier` answers from the same weights."""

    idf: Tensor
    output: Any

    def __init__(self, config: ClassifyConfig, vocabulary: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.taken: tuple[str, ...] = ()  # what another model has given: the embedding, the encoder's readers
        if config.linear:
            self._add_wide(labels)
            self.output = _Bias(labels)
            return
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        if config.pairs:
            self.pairs = nn.Embedding(config.pairs, config.embedding)
            nn.init.zeros_(self.pairs.weight)
        if config.wide:
            self._add_wide(labels)
        beside = context(config)
        self.context = (
            None if beside is None else ENCODERS[beside.encoder](beside, config.embedding).requires_grad_(False)
        )
        self.encoder = ENCODERS[config.encoder](config, input_size(config))
        self.output = nn.Linear(features(config) * len(config.poolings), labels)
        nn.init.zeros_(self.output.bias)

    def _add_wide(self, labels: int) -> None:
        """Add the scores of hashed words and runs, and their inverse document frequencies where these count."""
        self.wide = nn.EmbeddingBag(self.config.buckets, labels, mode="sum")
        nn.init.zeros_(self.wide.weight)
        if self.config.has_idf:
            self.register_buffer("idf", torch.ones(self.config.buckets))

    def forward(self, batch: LabelBatch, drop: Dropper | None = None, frozen: bool = False) -> Tensor:
        """Score the labels of texts, (rows, labels).

        frozen: whether what was taken over from another model stays as it is
        """
        scores = self._read(batch, drop, frozen)
        if batch.votes is None or batch.shares is None:
            return scores
        shares = batch.shares if drop is None else drop.words(batch.shares[:, :, None])[:, :, 0]
        if self.config.has_idf:
            shares = nn.functional.normalize(shares * self.idf[batch.votes], dim=1)
        votes: Tensor = self.wide(batch.votes, per_sample_weights=shares)  # (rows, labels)
        return scores.float() + votes

    def _read(self, batch: LabelBatch, drop: Dropper | None, frozen: bool) -> Tensor:
        """Score what the encoder reads, (rows, labels); without an encoder, by the bias alone."""
        if self.config.linear:
            bias: Tensor = self.output.bias.expand(len(batch.ids), -1)
            return bias
        scores: Tensor = self.output(self.pooled(batch, drop, frozen))
        return scores

    def pooled(self, batch: LabelBatch, drop: Dropper | None = None, frozen: bool = False) -> Tensor:
        """Encode and pool the texts, (rows, features · poolings): the inputs of the output layer."""
        mask, learns = batch.mask, torch.is_grad_enabled()  # mask: (rows, time)

        # what is read of each token: its vector, runs that end with it, states of another model's readers
        with torch.set_grad_enabled(learns and not (frozen and "embedding" in self.taken)):
            vectors = self.embedding(batch.ids)  # (rows, time, embedding)
        beside = vectors.detach()
        if batch.pairs is not None:
            vectors = vectors + self.pairs(batch.pairs).sum(2)  # (rows, time, embedding)
        if self.context is not None:  # its readers see every unit of every token, as they did when they learnt
            with torch.no_grad():
                beside = self.context.states(beside, mask).float()  # (rows, time, features of the context)
            vectors = torch.cat([vectors, beside], 2)  # (rows, time, size)

        # encoder and pooling
        if drop is not None:
            vectors = drop(drop.words(vectors))
        with torch.set_grad_enabled(learns and not (frozen and "encoder" in self.taken)):
            # with strides, there are fewer steps than tokens
            states = self.encoder.states(vectors, mask, drop).float()  # (rows, steps, features)
        pooled: Tensor = self.encoder.pooled(states, mask)  # (rows, features · poolings)
        if drop is not None:
            pooled = drop(pooled[:, None])[:, 0]
        return pooled

    def loss(self, scores: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """Sum the cross-entropy of the texts, in nats.

        With w, ε, y and p for weights, label_smoothing, a text's label and softmax(z), the loss of a text is
        −w_y ((1 − ε) log p_y + ε mean_k log p_k). Of multi-label texts it is the sum over k of the binary cross-entropy
        of σ(z_k) with the target (1 − ε) y_k + ε / labels, times w_k.

        scores: (rows, labels); labels: (rows,) indices, or (rows, labels) of 0 and 1 for multi-label texts
        weights: (labels,), see `label_weights`
        """
        share = self.config.label_smoothing
        if self.config.several:
            targets = (1.0 - share) * labels + share / labels.shape[1]
            return nn.functional.binary_cross_entropy_with_logits(scores.float(), targets, weights, reduction="sum")
        log_probs = torch.log_softmax(scores.float(), 1)  # (rows, labels)
        chosen = log_probs.gather(1, labels[:, None])[:, 0]  # (rows,)
        nats: Tensor = -(weights[labels] * ((1.0 - share) * chosen + share * log_probs.mean(1))).sum()
        return nats

    def take_over(self, weights: dict[str, Any], texts: Sequence[str] = ()) -> None:
        """Initialise the embedding and the encoder from a pretrained model.

        The encoder takes the readers of a fill or language model where their arrays have its names.

        weights: of that model by name, "embedding.weight" of (known tokens, embedding)
        texts: of every token, the known ones first. A new word that is known in another case begins with the vector of
        that one; other new tokens stay as they are.
        """
        module, readers = ("encoder", self.config) if self.context is None else ("context", self.context.config)
        stack = "right" if readers.direction == "backward" else "left"  # a model that reads one way calls it left
        names = {"embedding.": "embedding.", "left.": f"{module}.{stack}."}
        if readers.direction == "both":
            names["right."] = f"{module}.right."

        parameters = self.state_dict()
        taken = set()
        for name, value in weights.items():
            for before, after in names.items():
                new = after + name.removeprefix(before)
                if name.startswith(before) and new in parameters:
                    parameters[new][: len(value)] = torch.from_numpy(value)
                    taken.add(after.split(".")[0])

        # new words that are known in other letters
        known = len(weights["embedding.weight"])
        number_of = {text: number for number, text in reversed(list(enumerate(texts[:known])))}
        for number, text in enumerate(texts[known:], known):
            spellings = (text.capitalize(), text.lower(), text.upper())
            alike = [number_of[spelling] for spelling in spellings if spelling in number_of]
            if alike:
                parameters["embedding.weight"][number] = parameters["embedding.weight"][alike[0]]
        self.load_state_dict(parameters)
        self.taken = tuple(sorted(taken))


class _Bias(nn.Module):
    """Hold the bias of an output layer without inputs."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(labels))


def label_weights(counts: Tensor, balance: float) -> Tensor:
    """Weigh the labels in the loss by count^−balance.

    Their mean over the texts is 1.

    counts: (labels,) texts of each; returns (labels,)
    """
    weights = counts.clamp_min(1).double().pow(-balance)
    scaled: Tensor = weights * counts.sum() / (weights * counts).sum().clamp_min(1e-12)
    return scaled.float()
