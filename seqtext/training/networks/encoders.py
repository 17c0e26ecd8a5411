"""Encoders in PyTorch: names and contract of `seqtext.networks.encoders`, which answers with what is learnt here."""

import torch
from torch import Tensor, nn

from seqtext.config import ClassifyConfig
from seqtext.networks.encoders import features, filter_widths, input_size, pool_width, same, shortening, sides, steps_of
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.kernels import max_pool
from seqtext.training.networks.recurrent import RecurrentStack, reversed_positions

_LOWEST = -1e30


class Encoder(nn.Module):
    """An encoder and its poolings: (batch, time, size) and a mask → (batch, features · poolings)."""

    def __init__(self, config: ClassifyConfig) -> None:
        super().__init__()
        self.config, size = config, input_size(config)
        self._sides = sides(config)
        stride, dilation = steps_of(config)
        for side in self._sides:
            self.add_module(side, RecurrentStack(config.encoder, size, config.hidden, config.layers))
        width = features(config)
        if config.encoder in ("feedforward", "convolution"):
            self.filters = nn.ModuleList(
                nn.ModuleDict(
                    {
                        str(one): nn.Conv1d(
                            size if number == 0 else width, config.hidden, one, stride, dilation=dilation
                        )
                        for one in filter_widths(config, number)
                    }
                )
                for number in range(config.layers)
            )
        if "attention" in config.poolings:
            self.look = nn.Linear(width, width)
            self.looked = nn.Parameter(torch.zeros(width))

    def forward(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """vectors: (batch, time, size); mask: (batch, time), True at real tokens."""
        return self.pooled(self.states(vectors, mask, drop).float(), mask)

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """(batch, steps, features) → (batch, features · poolings); mask: that of the vectors, (batch, time)."""
        mask = mask[:, :: shortening(self.config)]
        return torch.cat([self.pool(states, mask, kind) for kind in self.config.poolings], 1)

    def states(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """(batch, time, size) → (batch, steps, features), as many steps as `networks.encoders.Encoder.states` has."""
        if self.config.encoder == "bag":
            return vectors
        if not self._sides:
            (stride, dilation), few = steps_of(self.config), pool_width(self.config)
            for number, layer in enumerate(self.filters):
                turned = (vectors * mask[:, :, None]).transpose(1, 2)  # torch wants time last
                if number and few > 1:
                    turned = max_pool(turned, few)  # none is below 0
                    mask = mask[:, ::few]
                found = [
                    one(nn.functional.pad(turned, same(int(width), dilation)))
                    for width, one in layer.items()  # type: ignore[operator]
                ]
                vectors = torch.relu(torch.cat(found, 1)).transpose(1, 2)
                mask = mask[:, ::stride]
            return vectors
        parts = []
        for side in self._sides:
            stack = getattr(self, side)
            parts.append(turn(stack(turn(vectors, mask), drop), mask) if side == "right" else stack(vectors, drop))
        return torch.cat(parts, 2)

    def pool(self, states: Tensor, mask: Tensor, kind: str) -> Tensor:
        """(batch, time, features) → (batch, features); a row without real tokens gives zeros."""
        real, some = mask[:, :, None], mask.any(1)[:, None]
        if kind == "max":
            return torch.where(real, states, _LOWEST).amax(1) * some
        if kind == "mean":
            return (states * real).sum(1) / real.sum(1).clamp_min(1)
        if kind == "last":
            last = (mask.sum(1) - 1).clamp_min(0)
            forwards, backwards = states[torch.arange(len(states), device=states.device), last], states[:, 0]
            if "right" not in self._sides:
                return forwards * some
            half = self.config.hidden * (len(self._sides) - 1)
            return torch.cat([forwards[:, :half], backwards[:, half:]], 1) * some
        scores = torch.tanh(self.look(states)).float() @ self.looked
        shares = torch.softmax(torch.where(mask, scores, _LOWEST), 1) * mask
        return (shares[:, :, None] * states * real).sum(1)


def turn(values: Tensor, mask: Tensor) -> Tensor:
    """(batch, time, size) with the real tokens of each row in the opposite order, what is padding left where it is."""
    places = reversed_positions(mask.sum(1), mask.shape[1])
    return values.gather(1, places[:, :, None].expand_as(values))
