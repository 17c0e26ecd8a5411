"""The truecaser as the loop sees it: its network, batches of texts in small letters, held-out scores."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqtext.config import CapitalsConfig
from seqtext.models.capitals import Truecaser
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.recurrent import RecurrentStack
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share, TrainingTask


class CapitalsNetwork(nn.Module):
    """One score for each token: the logit of its being capitalised."""

    def __init__(self, config: CapitalsConfig, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        self.reader = RecurrentStack("gru", config.embedding, config.hidden, 1)
        self.output = nn.Linear(config.hidden, 1)

    def forward(self, ids: Tensor, drop: Dropper | None = None) -> Tensor:
        """ids: (batch, time); returns (batch, time)."""
        scores: Tensor = self.output(self.reader(self.embedding(ids), drop))
        return scores[:, :, 0].float()


class CapitalsTask(TrainingTask):
    """Trains a CapitalsNetwork on the texts of a TokenFile."""

    name, score = "capitals", "accuracy"
    data: TokenFile

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        super().__init__(run, request, config, device)
        self.tokenizer = Tokenizer.from_json(run.read_tokenizer(), config.tokenizer.tokens)
        self.network = CapitalsNetwork(self.config, self.tokenizer.size).to(device)
        self.data, self.valid = TokenFile(run.data / "train"), TokenFile(run.data / "valid")
        self.tokens = self.data.tokens
        self._words = np.array([text.isalpha() for text in self.tokenizer.texts])
        self._upper = np.array([text[:1].isupper() for text in self.tokenizer.texts])

    @staticmethod
    def answer(model: Truecaser, text: str) -> Any:
        """Mark the words of a text."""
        return model.mark(text)

    def _scores(self, data: TokenFile, segments: Any, drop: Dropper | None) -> tuple[Tensor, Tensor]:
        """Scores and truth of the words of some texts, (words,) each."""
        batch = data.batch(segments)
        asked = torch.from_numpy(batch.mask & self._words[batch.ids]).to(self.device)
        scores = self.network(torch.from_numpy(self.tokenizer.folded[batch.ids]).long().to(self.device), drop)
        return scores[asked], torch.from_numpy(self._upper[batch.ids]).float().to(self.device)[asked]

    def loss(self, batch: Any, moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Sum the nats of the words of some texts."""
        rows = share.rows(len(batch))
        drop = self.dropper(moment, rows, len(batch))
        scores, true = self._scores(self.data, batch[rows.numpy()], drop)
        size = int(self.data.lengths(batch).sum())
        return nn.functional.binary_cross_entropy_with_logits(scores, true, reduction="sum"), size, size

    @property
    def held_out_texts(self) -> int:
        """Tell how many held-out texts are measured."""
        return min(1_000, self.valid.segments)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Held-out nats of a word, and the share that is told right."""
        self.network.eval()
        scores, true = self._scores(self.valid, np.arange(self.held_out_texts)[:texts], None)
        nats = nn.functional.binary_cross_entropy_with_logits(scores, true)
        return float(nats), {"accuracy": float(((scores > 0) == (true > 0.5)).float().mean())}

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return what the model folder holds with the present weights."""
        return self.model_folder(self.tokenizer.to_json(), history, seconds)
