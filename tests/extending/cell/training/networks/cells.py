class Leaky(nn.Module):
    """A simple recurrence that keeps half of its state; see `seqtext.networks.cells.leaky_cell`."""

    def __init__(self, size: int, hidden: int, batch_first: bool = True) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(hidden, size))
        self.weight_hh_l0 = nn.Parameter(torch.empty(hidden, hidden))
        self.bias_ih_l0 = nn.Parameter(torch.empty(hidden))
        self.bias_hh_l0 = nn.Parameter(torch.empty(hidden))

    def forward(self, inputs: Tensor, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """inputs: (batch, time, size); start: (1, batch, hidden). Returns (batch, time, hidden) and the last state."""
        read = nn.functional.linear(inputs, self.weight_ih_l0, self.bias_ih_l0)
        hidden = read.new_zeros(read[:, 0].shape) if start is None else start[0]
        states = []
        for time in range(read.shape[1]):
            new = torch.tanh(read[:, time] + nn.functional.linear(hidden, self.weight_hh_l0, self.bias_hh_l0))
            hidden = (hidden + new) / 2
            states.append(hidden)
        return torch.stack(states, 1), hidden[None]


CELLS["leaky"] = Cell(Leaky)
