"""Learn to fill blanks: two separate readers with a loss per position.

The two readers share no state, and every position has a loss. The architecture is that of context2vec (Melamud,
Goldberger and Dagan 2016, CoNLL, aclanthology.org/K16-1006): two recurrent networks read up to a blank from both ends,
and a layer joins their states to predict the word between them. We add spans of several tokens with END, the terms l
and r, and a bag of words; a softmax replaces negative sampling.

The left reader's state after BOS, x_0 … x_{s−1} is f_s; the right reader's, which reads from EOS down to x_e, is g_e.
A span is predicted token by token: x_s from (f_s, g_e), then x_{s+1} from (f_{s+1}, g_e), and so on; at e = s, END.
Their query vector, scored against the tied embedding table (Press and Wolf 2017, arXiv:1608.05859), is

    q = l + r + W_z relu(A l + B r + c) + M Σ_j a_j v_j / sqrt(1 + Σ_j a_j),  l = W_f f_s,  r = W_g g_e

the last term a bag of the words outside the span, as in CBOW (Mikolov et al. 2013, arXiv:1301.3781), each with a learnt
importance a_j, stored as its logarithm. f_s, g_e: (hidden,); l, r, q, v_j, c: (embedding,); W_f, W_g: (embedding,
hidden); A, B, W_z, M: (embedding, embedding). Scores are E q + bias, (vocabulary,); the rows of E, (vocabulary,
embedding), are the v_j. In the code W_f is left_output, W_g right_output, A and c join_left, B join_right, W_z
join_output, M bag. A model of one direction has l alone.

At a share of the positions ("solo") only one of the three kinds of evidence answers, so that each is a model of its
own: two language models, one in each direction, and a bag of words.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqtext.config import FillConfig
from seqtext.tokenizer import BLANK, BOS, END, EOS, SPECIALS
from seqtext.training.batches.blanks import ALL, BAG, END_SHARE, LEFT, RIGHT, FillBatch
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.kernels import cumulative_sums
from seqtext.training.networks.recurrent import RecurrentStack, reversed_positions
from seqtext.training.networks.softmax import Candidates, VocabularyLoss
from seqtext.training.word_vectors import CountedVectors

_BAG_SCALE = 3.0  # the bag divides the sum of its words by about as much
_COMMON = 1e-4  # of the text: a more frequent word begins with an importance of sqrt(_COMMON / frequency)


def _sums(values: Tensor) -> tuple[Tensor, Tensor]:
    """Sum (rows, time, size) before and from each position, (rows · (time + 1), size) each.

    From both ends, because subtracting from the total would leave a rounding trace of what was subtracted. A product
    with a triangle of ones is the quicker way up to a few hundred positions; its zeros leave no trace either.
    """
    time = values.shape[1]
    if time > 512:
        before = nn.functional.pad(cumulative_sums(values), (0, 0, 1, 0))  # (rows, time + 1, size)
        after = nn.functional.pad(cumulative_sums(values.flip(1)).flip(1), (0, 0, 0, 1))  # (rows, time + 1, size)
    else:
        ones = torch.ones(time + 1, time, device=values.device)  # (time + 1, time)
        with torch.autocast(values.device.type, enabled=False):
            before, after = ones.tril(-1) @ values, ones.triu() @ values  # (rows, time + 1, size) each
    return before.flatten(0, 1), after.flatten(0, 1)


class Words(NamedTuple):
    """Hold a part of the vocabulary, special tokens first.

    The ids of a batch are then indices into this part.
    """

    vectors: Tensor  # (words, embedding)
    importance: Tensor | None  # (words,), log a_j, of a network with a bag


class FillNetwork(nn.Module):
    """Learn the network of this module's equations.

    `seqtext.networks.blank_filler` has the same weights.
    """

    def __init__(self, config: FillConfig, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        size, hidden = config.embedding, config.hidden
        self.embedding = nn.Embedding(vocabulary, size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.left = RecurrentStack(config.cell, size, hidden, config.layers, config.window)
        self.left_output = nn.Linear(hidden, size, bias=False)
        if config.direction == "both":
            self.right = RecurrentStack(config.cell, size, hidden, config.layers, config.window)
            self.right_output = nn.Linear(hidden, size, bias=False)
            self.join_left = nn.Linear(size, size)
            self.join_right = nn.Linear(size, size, bias=False)
            self.join_output = nn.Linear(size, size, bias=False)
        if self.has_bag:
            self.importance = nn.Parameter(torch.zeros(vocabulary))
            self.bag = nn.Linear(size, size, bias=False)

    @property
    def has_bag(self) -> bool:
        """Tell whether a bag of words is learnt.

        It looks at both sides, so a network that reads one side has none.
        """
        return self.config.bag and self.config.direction == "both"

    @torch.no_grad()
    def begin_with(self, vectors: CountedVectors, counts: NDArray[np.int64]) -> None:
        """Initialise as a naive Bayes model, see `seqtext.training.word_vectors`.

        vectors: (vocabulary, embedding), their signs and which are counted; counts: of each token, (vocabulary,)
        """
        frequency = torch.from_numpy((counts + 1) / (counts.sum() + 1)).float()  # (vocabulary,)
        self.bias.copy_(frequency.log())
        self.bias[END] = np.log(END_SHARE)

        # counted vectors where there are any; the others stay random
        counted, known = torch.from_numpy(vectors.counted), torch.from_numpy(vectors.signs != 0)
        replaced = counted[:, None] & known  # (vocabulary, embedding)
        table = torch.where(replaced, torch.from_numpy(vectors.vectors), self.embedding.weight.cpu())
        self.embedding.weight.copy_(table)

        # a bag that leaves the vectors as they are; a frequent word says less, and one without counts e^−2 as much
        if self.has_bag:
            self.bag.weight.copy_(torch.diag(torch.from_numpy(vectors.signs)) * _BAG_SCALE)
            common = 0.5 * (_COMMON / frequency).clamp(max=1.0).log()
            self.importance.copy_(torch.where(counted, common, common - 2.0))

    def query(self, batch: FillBatch, drop: Dropper | None = None, words: Words | None = None) -> Tensor:
        """Compute the query vector q of each example, (examples, embedding).

        Examples come sorted by the evidence that they may use: first those that use all of it, then those of the left
        reader alone, of the right reader alone, of the bag alone.

        words: the part of the vocabulary that the batch's ids number; the whole of it if None
        """
        if words is None:
            words = Words(self.embedding.weight, self.importance if self.has_bag else None)
        ends = torch.bincount(batch.mode, minlength=4).cumsum(0).tolist()
        every, left, right, _ = ends  # examples[:every] use all evidence, [every:left] the left reader …
        row, read = batch.row, batch.lengths[batch.row] - batch.end  # (examples,): read by the right reader so far
        if self.config.direction != "both":
            return self._reader_says("left", batch.ids, (row, batch.start), words, drop)
        queries: list[Tensor] = [self.left_output.weight.new_zeros(0, self.config.embedding)] * 4  # by evidence

        # l = W_f f, of the tokens before the span
        if left:
            before = self._reader_says("left", batch.ids, (row[:left], batch.start[:left]), words, drop)
            queries[LEFT] = before[every:]  # (left alone, embedding)

        # r = W_g g, of the tokens after it, from the end
        if every or right > left:
            mirrored = batch.ids.gather(1, reversed_positions(batch.lengths, batch.ids.shape[1]))  # (rows, time)
            asked = torch.cat([row[:every], row[left:right]]), torch.cat([read[:every], read[left:right]])
            after = self._reader_says("right", mirrored, asked, words, drop)  # (every + right alone, embedding)
            queries[RIGHT] = after[every:]  # (right alone, embedding)

        # l + r + W_z relu(A l + B r + c)
        if every:
            before, after = before[:every], after[:every]  # (every, embedding) each
            joined = torch.relu(self.join_left(before) + self.join_right(after))  # (every, embedding)
            queries[ALL] = before + after + self.join_output(joined)  # (every, embedding)

        # + M Σ_j a_j v_j / sqrt(1 + Σ_j a_j)
        if self.has_bag and (every or ends[-1] > right):
            numbers = torch.arange(len(batch.mode), device=batch.mode.device)
            bag = self._bag(batch, torch.cat([numbers[:every], numbers[right:]]), words, drop)
            queries[BAG] = bag[every:]  # (bag alone, embedding)
            queries[ALL] = queries[ALL] + bag[:every]  # (every, embedding)
        return torch.cat(queries)

    def _reader_says(
        self, side: str, ids: Tensor, asked: tuple[Tensor, Tensor], words: Words, drop: Dropper | None
    ) -> Tensor:
        """Project a reader's state in each example, (examples, embedding): l or r.

        ids: (rows, time); asked: each example's row, and how many of its tokens are read, (examples,) each
        """
        left = side == "left"
        reader, output = (self.left, self.left_output) if left else (self.right, self.right_output)
        row, read = asked
        furthest = int(read.max()) if read.any() else 1  # what lies beyond need not be read
        states = reader.read_texts(
            words.vectors, BOS if left else EOS, ids[:, :furthest], drop
        )  # (furthest + 1, rows, hidden)
        asked_for = states.flatten(0, 1).index_select(0, read * len(ids) + row)  # (examples, hidden)
        vectors: Tensor = output(asked_for)  # (examples, embedding)
        return vectors

    def _bag(self, batch: FillBatch, chosen: Tensor, words: Words, drop: Dropper | None) -> Tensor:
        """Compute the bag's share of the query, (chosen, embedding): M Σ_j a_j v_j / sqrt(1 + Σ_j a_j).

        chosen: numbers of examples, (chosen,)
        """
        assert words.importance is not None
        time = batch.ids.shape[1]
        vectors = nn.functional.embedding(batch.ids, words.vectors).float()  # (rows, time, embedding)
        vectors = vectors if drop is None else drop(vectors)
        real = (torch.arange(time, device=vectors.device) < batch.lengths[:, None]) & (batch.ids != BLANK)
        weights = (words.importance[batch.ids].exp() * real)[:, :, None]  # (rows, time, 1): a_j

        # Σ a_j v_j and Σ a_j over what stands before the span and after it, (chosen, embedding + 1)
        before, after = _sums(torch.cat([vectors * weights, weights], 2))  # (rows · (time + 1), embedding + 1) each
        first = batch.row[chosen] * (time + 1)  # of each example's row among the sums
        outside = before.index_select(0, first + batch.start[chosen]) + after.index_select(0, first + batch.end[chosen])

        mean = outside[:, :-1] / (1.0 + outside[:, -1:]).sqrt()  # (chosen, embedding)
        query: Tensor = self.bag(mean)
        return query

    def forward(self, batch: FillBatch) -> Tensor:
        """Score the vocabulary: logits, (examples, vocabulary)."""
        return nn.functional.linear(self.query(batch), self.embedding.weight, self.bias)

    def loss(
        self, batch: FillBatch, candidates: Candidates | None = None, drop: Dropper | None = None
    ) -> tuple[Tensor, int]:
        """Sum the cross-entropy of the examples, in nats, and count them.

        candidates: of a sampled softmax, see `seqtext.training.networks.softmax`; None for the whole vocabulary
        returns the sum, (), and the number of examples
        """
        apply: Any = VocabularyLoss.apply
        low = torch.is_autocast_enabled(batch.ids.device.type)
        if candidates is None:
            nothing = torch.zeros_like(self.bias)
            nats = apply(self.query(batch, drop), self.embedding.weight, self.bias, nothing, batch.target, low)
        else:
            # Only the words in use are touched: the gradient of the whole table is then written once.
            used = torch.zeros(len(self.bias), dtype=torch.bool, device=batch.ids.device)  # (vocabulary,)
            used[: len(SPECIALS)] = True  # they keep their numbers
            used.index_fill_(0, candidates.ids, True)
            used.index_fill_(0, batch.ids.flatten(), True)
            ids = used.nonzero().squeeze(1)  # (words,)
            number_of = used.cumsum(0) - 1  # (vocabulary,): among the words
            importance = self.importance[ids] if self.has_bag else None  # (words,)
            words = Words(nn.functional.embedding(ids, self.embedding.weight), importance)
            query = self.query(batch._replace(ids=number_of[batch.ids]), drop, words)
            vectors, bias = words.vectors[number_of[candidates.ids]], self.bias[candidates.ids]  # (candidates, …)
            nats = apply(query, vectors, bias, candidates.correction, candidates.labels, low)
        return nats, len(batch.target)
