"""The language model as the loop sees it: windows of a stream, held-out scores, the model folder."""

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
from seqtext.evaluation.memory import Asked, ask, recital_of
from seqtext.evaluation.outcomes import Outcomes
from seqtext.models.language_model import LanguageModel
from seqtext.networks.language_model import Rows
from seqtext.storage.model_folder import ModelFolder, read_folder, write_folder
from seqtext.storage.recital import KEY as MEMORY
from seqtext.storage.recital import Recital
from seqtext.tokenizer import Tokenizer
from seqtext.training.added_words import extended_weights
from seqtext.training.batches.streams import Stream, Window, Windows
from seqtext.training.model_card import card
from seqtext.training.networks.language_model import LanguageNetwork, State
from seqtext.training.networks.softmax import Candidates, Sampler
from seqtext.training.progress import Position
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share, TrainingTask

_FORGETTING = 1 / 16  # of the rows begin a window with nothing read
_RECITED = 100  # lines of each kind, continued to tell what is recited
_MOST_RECITED = 200  # where there is time
_RECITED_AT_ONCE = 25
_RECITAL_SECONDS = 10.0  # that this takes at most
_RECITAL_SHARE = 0.1  # of the minutes
_FEWEST_SECONDS = 1.0


class LanguageTask(TrainingTask):
    """Trains a LanguageNetwork on a Stream."""

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
        """Forecast the word after a text."""
        return model.next(text)

    def start_from(self, weights: dict[str, Any]) -> None:
        """Begin with the weights of another model, and with some for the words that it lacks."""
        super().start_from(extended_weights(weights, self.tokenizer.texts, self.stream.counts))

    def batches(self, start: Position) -> Iterator[tuple[Position, Window]]:
        """Give windows for ever, each with the position after it."""
        return self.windows.from_position(start)

    def epochs(self, position: Position) -> float:
        """Tell how many passes over the stream a position stands for."""
        return self.windows.epochs(position)

    def carried(self) -> dict[str, Tensor]:
        """The state that the next window goes on from."""
        found: dict[str, Tensor] = {}
        for number, state in enumerate(self._state):
            parts = state if isinstance(state, tuple) else (state,)
            found |= {f"{number}.{k}": part for k, part in enumerate(parts) if part is not None}
        return found

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """Take up what `carried` gave."""
        state: State = []
        for number in range(self.config.layers):
            parts = [tensors[name].to(self.device) for name in sorted(tensors) if name.startswith(f"{number}.")]
            state.append(None if not parts else tuple(parts) if len(parts) > 1 else parts[0])
        self._state = state

    def loss(self, batch: Window, moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Sum the nats of a window. Each process keeps the state of its own rows."""
        rows = share.rows(len(batch.ids))
        if batch.fresh:
            self._state = self.network.zero()
        else:
            # A text that is asked about begins with nothing read: some rows forget all, so that this is no surprise.
            forget = np.random.default_rng([self.training.seed, 7, moment.step]).random(len(batch.ids)) < _FORGETTING
            self._state = [_cleared(one, torch.from_numpy(forget)[rows]) for one in self._state]
        candidates = self._sampler.draw(torch.from_numpy(batch.targets.flatten()), moment.step)
        if candidates is not None:
            labels = candidates.labels.view(batch.targets.shape)[rows].flatten()
            candidates = Candidates(*(part.to(self.device) for part in (*candidates[:2], labels)))
        if len(rows) == 0:  # fewer rows than processes
            return self.no_loss(), batch.ids.size, batch.ids.size
        drop = self.dropper(moment, rows, len(batch.ids))
        ids, targets = (torch.from_numpy(part)[rows].to(self.device) for part in (batch.ids, batch.targets))
        nats, self._state = self.network.loss(ids, targets, self._state, candidates, drop)
        return nats, batch.ids.size, batch.ids.size

    @property
    def held_out_texts(self) -> int:
        """Tell how many lines the held-out text has."""
        return max(1, self.valid.texts)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Held-out nats per token over the whole vocabulary; bits per character, perplexity of a token.

        The text is read in parallel rows, each of which has first read what stands before it. Of fewer texts, each row
        is read as far as their share of all, and characters are counted by it.
        """
        self.network.eval()
        share = 1.0 if texts is None else min(1.0, texts / self.held_out_texts)
        count = self.valid.tokens
        rows, state = Rows.of(count), self.network.zero()
        if len(rows.starts) > 1:
            before = torch.from_numpy(self.valid.at(rows.warm_up())).to(self.device)
            state = self.network.query(before, state)[1]
            first = torch.arange(len(rows.starts)) == 0  # nothing stands before it
            state = [_cleared(one, first) for one in state]
        nats, tokens = 0.0, 0
        nats_of, tokens_of = np.zeros((2, count + 1))
        for places, inside in rows.windows(math.ceil(rows.length * share)):
            scored = torch.from_numpy(inside).to(self.device)
            tokens += int(scored.sum())
            ids, targets = (
                torch.from_numpy(self.valid.at(np.minimum(places + shift, count))).to(self.device) for shift in (0, 1)
            )
            scores, state = self.network(ids, state)
            log_probs = torch.log_softmax(scores.float(), 2).gather(2, targets[:, :, None])[:, :, 0]
            nats -= float((log_probs * scored).sum())
            nats_of[places[inside] + 1] = -log_probs[scored].cpu().numpy()
            tokens_of[places[inside] + 1] = 1.0
        bits = nats / math.log(2) / max(1, self.valid.characters * tokens / count)
        self._tell(nats_of / math.log(2), tokens_of * (self.valid.characters / count))
        return nats / tokens, {"bits_per_character": bits, "perplexity": math.exp(min(50.0, nats / tokens))}

    def _tell(self, bits: NDArray[np.float64], characters: NDArray[np.float64]) -> None:
        """Keep what came of each line; bits, characters: (1 + tokens,) of each token, 0 where it was not read."""
        ids = self.valid.at(np.arange(len(bits)))  # the end of a line comes first
        line_of = np.cumsum(ids == self.tokenizer.newline)[:-1] - 1  # (tokens,): an end is part of the line it ends
        of_bits, of_characters = (np.bincount(line_of, one[1:]) for one in (bits, characters))
        read = np.flatnonzero(of_characters)
        self.outcomes = Outcomes.of("bits_per_character", len(of_bits), read, of_bits[read], of_characters[read])

    @property
    def conclusion_seconds(self) -> float:
        """Tell how long to measure what is recited: a tenth of the minutes at most."""
        minutes = self.training.minutes
        return 0.0 if minutes is None or self._too_short else min(_RECITAL_SECONDS, _RECITAL_SHARE * 60 * minutes)

    @property
    def _too_short(self) -> bool:
        """Whether a tenth of the minutes is too little to measure what is recited."""
        minutes = self.training.minutes
        return minutes is not None and _RECITAL_SHARE * 60 * minutes < _FEWEST_SECONDS

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Measure what the saved model recites, and tell it."""
        yield "Memory", self._remember()

    def _remember(self) -> str:
        """Continue learnt lines and held-out lines from their beginnings; tells how many come back."""
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
        told = recital.told()
        return f"{told[0].upper()}{told[1:]}"

    def _recital(self, model: LanguageModel, learnt: Sequence[Asked], unlearnt: Sequence[Asked]) -> Recital:
        """Continue as many lines of each kind as there is time for; without minutes, always as many."""
        if self.training.minutes is None:
            return recital_of(model, learnt[:_RECITED], unlearnt[:_RECITED])
        begun, found = time.monotonic(), Recital(0, 0)
        for start in range(0, max(len(learnt), len(unlearnt)), _RECITED_AT_ONCE):
            some = slice(start, start + _RECITED_AT_ONCE)
            found += recital_of(model, learnt[some], unlearnt[some])
            if time.monotonic() - begun > self.conclusion_seconds * (1 - _RECITED_AT_ONCE / _MOST_RECITED):
                break
        return found

    def _lines(self, stream: Stream) -> list[Asked]:
        """Some lines of a stream that are long enough to be continued, in random order."""
        lines = map(self.tokenizer.decode, stream.random_lines(2 * _MOST_RECITED, self.training.seed))
        return [asked for line in lines if (asked := ask(line))][:_MOST_RECITED]

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return what the model folder holds with the present weights."""
        return self.model_folder(self.tokenizer.to_json(), history, seconds)


def _cleared(state: Any, rows: Tensor) -> Any:
    """A layer's state, that of some rows set to zero. rows: (rows,) True at those."""
    if state is None:
        return None
    parts = state if isinstance(state, tuple) else (state,)
    cleared = tuple(part.masked_fill(rows.to(part.device)[None, :, None], 0.0) for part in parts)
    return cleared if isinstance(state, tuple) else cleared[0]
