def leaky_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """A simple recurrence that keeps half of its state: h' = (h + tanh(W x + b + U h + c)) / 2."""
    return (hidden + rnn_cell(read, hidden, memory, layer)[0]) / np.float32(2.0), memory


CELLS["leaky"] = Cell(leaky_cell, gates=1)
