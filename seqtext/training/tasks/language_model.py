"""Train the language model. It reads windows of a stream, evaluates, and writes the model folder."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.data.split import HELD_OUT_TEXT
from seqtext.evaluation.memory import CutLine, cut_line, recital_of
from seqtext.evaluation.outcomes import Outcomes
from seqtext.models.language_model import LanguageModel
from seqtext.networks.language_model import TextRows
from seqtext.storage.model_folder import ModelFolder, read_folder, write_folder
from seqtext.storage.recital import KEY as MEMORY
from seqtext.storage.recital import Recital
from seqtext.tokenizer import Tokenizer
from seqtext.training.added_words import extended_weights
from seqtext.training.batches.streams import Stream, StreamWindow, Windows
from seqtext.training.model_card import card
from seqtext.training.networks.language_model import LanguageNetwork, State
from seqtext.training.networks.softmax import Candidates, Sampler
from seqtext.training.progress import Position
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share, TrainingTask

_FORGETTING = 1 / 16  # share of the rows whose state is reset at a window
_RECITED = 100  # lines of each kind that are continued to measure recital
_MOST_RECITED = 200  # where there is time
_RECITED_AT_ONCE = 25
_RECITAL_SECONDS = 10.0  # that measuring recital takes at most
_RECITAL_SHARE = 0.1  # of the minutes, at most
_FEWEST_SECONDS = 1.0


class LanguageTask(TrainingTask):
    """Train a LanguageNetwork on a Stream by truncated backpropagation through time.

    (Williams and Peng 1990.)
    """

    name = "generate"
    grows = True

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        super().__init__(run, request, config, device)
        self.tokenizer = Tokenizer.from_json(run.read_tokenizer(), config.tokenizer.tokens)
        self.network = LanguageNetwork(self.config, self.tokenizer.size).to(device)
        self.stream, self.valid = Stream(run.data / "train"), Stream(run.data / "valid")
        self.tokens = self.stream.tokens
        training = self.training
        self.windows = Windows(self.stream, training.batch_size, training.max_length, training.seed)
        self._state: State = self.network.zero()
        self._sampler = Sampler(torch.from_numpy(self.stream.counts), training.softmax, training.samples, training.seed)

    @staticmethod
    def answer(model: Any, text: str) -> Any:
        """Predict the word after a text."""
        return model.next(text)

    def start_from(self, weights: dict[str, Any]) -> None:
        """Start from another model's weights; add rows for the words it lacks."""
        super().start_from(extended_weights(weights, self.tokenizer.texts, self.stream.counts))

    def batches(self, start: Position) -> Iterator[tuple[Position, StreamWindow]]:
        """Yield windows endlessly, each with the position after it."""
        return self.windows.from_position(start)

    def epochs(self, position: Position) -> float:
        """Convert a position to a number of passes over the stream."""
        return self.windows.epochs(position)

    def carried(self) -> dict[str, Tensor]:
        """Return the recurrent state that the next window starts from."""
        tensors: dict[str, Tensor] = {}
        for number, state in enumerate(self._state):
            parts = state if isinstance(state, tuple) else (state,)
            tensors |= {f"{number}.{k}": tensor for k, tensor in enumerate(parts) if tensor is not None}
        return tensors

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """Restore the state that `carried` returned."""
        state: State = []
        for number in range(self.config.layers):
            parts = [tensors[name].to(self.device) for name in sorted(tensors) if name.startswith(f"{number}.")]
            state.append(None if not parts else tuple(parts) if len(parts) > 1 else parts[0])
        self._state = state

    def loss(self, batch: StreamWindow, moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Compute the summed loss of a window, in nats.

        Each process keeps the state of its own rows.
        """
        rows = share.rows(len(batch.ids))
        if batch.fresh:
            self._state = self.network.zero()
        else:
            # A model starts each text from a zero state, so training resets some rows to make that state familiar.
            forget = np.random.default_rng([self.training.seed, 7, moment.step]).random(len(batch.ids)) < _FORGETTING
            self._state = [_cleared(layer_state, torch.from_numpy(forget)[rows]) for layer_state in self._state]
        candidates = self._sampler.draw(torch.from_numpy(batch.targets.flatten()), moment.step)
        if candidates is not None:
            labels = candidates.labels.view(batch.targets.shape)[rows].flatten()
            candidates = Candidates(*(array.to(self.device) for array in (*candidates[:2], labels)))
        if len(rows) == 0:  # fewer rows than processes
            return self.no_loss(), batch.ids.size, batch.ids.size
        drop = self.dropper(moment, rows, len(batch.ids))
        ids, targets = (torch.from_numpy(array)[rows].to(self.device) for array in (batch.ids, batch.targets))
        nats, self._state = self.network.loss(ids, targets, self._state, candidates, drop)
        return nats, batch.ids.size, batch.ids.size

    @property
    def held_out_texts(self) -> int:
        """Count the lines of the held-out text."""
        return max(1, self.valid.texts)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Measure the held-out loss, in nats per token over the whole vocabulary.

        The metrics are bits per character and perplexity per token. The text is read in parallel rows, each of which
        has first read the text before it. With fewer texts, each row is read up to their share of all, and characters
        are counted in proportion.

        texts: how many held-out lines; all where None
        """
        self.network.eval()
        share = 1.0 if texts is None else min(1.0, texts / self.held_out_texts)
        count = self.valid.tokens
        rows, state = TextRows.of(count), self.network.zero()
        if len(rows.starts) > 1:
            preceding = torch.from_numpy(self.valid.at(rows.warm_up())).to(self.device)
            state = self.network.query(preceding, state)[1]
            first = torch.arange(len(rows.starts)) == 0  # no text precedes it
            state = [_cleared(layer_state, first) for layer_state in state]
        nats, tokens = 0.0, 0
        nats_of, tokens_of = np.zeros((2, count + 1))
        for positions, is_scored in rows.windows(math.ceil(rows.length * share)):
            scored = torch.from_numpy(is_scored).to(self.device)
            tokens += int(scored.sum())
            ids, targets = (
                torch.from_numpy(self.valid.at(np.minimum(positions + shift, count))).to(self.device)
                for shift in (0, 1)
            )
            scores, state = self.network(ids, state)
            log_probs = torch.log_softmax(scores.float(), 2).gather(2, targets[:, :, None])[:, :, 0]
            nats -= float((log_probs * scored).sum())
            nats_of[positions[is_scored] + 1] = -log_probs[scored].cpu().numpy()
            tokens_of[positions[is_scored] + 1] = 1.0
        bits = nats / math.log(2) / max(1, self.valid.characters * tokens / count)
        self._tell(nats_of / math.log(2), tokens_of * (self.valid.characters / count))
        return nats / tokens, {"bits_per_character": bits, "perplexity": math.exp(min(50.0, nats / tokens))}

    def _tell(self, bits: NDArray[np.float64], characters: NDArray[np.float64]) -> None:
        """Keep the bits per character of each line.

        bits, characters: (1 + tokens,) of each token, 0 where it was not read
        """
        ids = self.valid.at(np.arange(len(bits)))  # the first is a line end
        line_of = np.cumsum(ids == self.tokenizer.newline)[:-1] - 1  # (tokens,): a line end belongs to its line
        line_bits, line_characters = (np.bincount(line_of, values[1:]) for values in (bits, characters))
        read = np.flatnonzero(line_characters)
        self.outcomes = Outcomes.of("bits_per_character", len(line_bits), read, line_bits[read], line_characters[read])

    @property
    def conclusion_seconds(self) -> float:
        """Estimate the seconds that measuring recital takes. They are a tenth of the budget at most."""
        minutes = self.training.minutes
        return 0.0 if minutes is None or self._too_short else min(_RECITAL_SECONDS, _RECITAL_SHARE * 60 * minutes)

    @property
    def _too_short(self) -> bool:
        """Return whether a tenth of the budget is too little to measure recital."""
        minutes = self.training.minutes
        return minutes is not None and _RECITAL_SHARE * 60 * minutes < _FEWEST_SECONDS

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Measure the learnt text that the saved model recites."""
        yield "Memory", self._remember()

    def _remember(self) -> str:
        """Continue learnt and held-out lines from their beginnings, and say how many are recited."""
        if self._too_short:
            return f"Not measured: it takes a budget of {_FEWEST_SECONDS / _RECITAL_SHARE:.0f} seconds or more"
        saved = read_folder(self.run.folder)
        learnt = self._lines(self.stream)
        unlearnt = self._lines(self.valid) if self.measured_on == HELD_OUT_TEXT else []
        recital = self._recital(LanguageModel(saved), learnt, unlearnt)
        if recital.share is None:
            return f"Not measured: {recital.told()}"
        config = {**saved.config, MEMORY: recital.to_dict()}
        write_folder(self.run.folder, replace(saved, config=config, card=card(config, self.run.folder.name)), "fp16")
        sentence = recital.told()
        return f"{sentence[0].upper()}{sentence[1:]}"

    def _recital(self, model: LanguageModel, learnt: Sequence[CutLine], unlearnt: Sequence[CutLine]) -> Recital:
        """Continue as many lines of each kind as there is time for.

        Without a budget of minutes the number is fixed, so that the result does not depend on the machine.
        """
        if self.training.minutes is None:
            return recital_of(model, learnt[:_RECITED], unlearnt[:_RECITED])
        started, recital = time.monotonic(), Recital(0, 0)
        for start in range(0, max(len(learnt), len(unlearnt)), _RECITED_AT_ONCE):
            chosen = slice(start, start + _RECITED_AT_ONCE)
            recital += recital_of(model, learnt[chosen], unlearnt[chosen])
            if time.monotonic() - started > self.conclusion_seconds * (1 - _RECITED_AT_ONCE / _MOST_RECITED):
                break
        return recital

    def _lines(self, stream: Stream) -> list[CutLine]:
        """Sample lines of a stream that are long enough to be continued, in random order."""
        lines = map(self.tokenizer.decode, stream.random_lines(2 * _MOST_RECITED, self.training.seed))
        return [asked for line in lines if (asked := cut_line(line))][:_MOST_RECITED]

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return the model folder's contents with the present weights."""
        return self.model_folder(self.tokenizer.to_json(), history, seconds)


def _cleared(state: Any, rows: Tensor) -> Any:
    """Set a layer's state to zero in some rows; rows: (rows,) True at those."""
    if state is None:
        return None
    tensors = state if isinstance(state, tuple) else (state,)
    cleared = tuple(tensor.masked_fill(rows.to(tensor.device)[None, :, None], 0.0) for tensor in tensors)
    return cleared if isinstance(state, tuple) else cleared[0]
