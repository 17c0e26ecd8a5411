"""Atomic, resumable state of a run: two slots of tensors and one small JSON that says which is whole.

A slot is written and flushed to disk before the JSON that points to it is replaced in one step, so that a process
killed at any moment leaves the state before or the state after. Nothing here is a pickle.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from seqtext.errors import TrainingError
from seqtext.storage.atomic import write_atomically

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class Checkpoint:
    """The state of a run under `RUN/checkpoint`."""

    def __init__(self, run: Path) -> None:
        self.folder = run / "checkpoint"
        self._pointer = self.folder / "state.json"

    def exists(self) -> bool:
        """Say whether there is a state to resume from."""
        return self._pointer.is_file()

    def state(self) -> dict[str, Any]:
        """The JSON part: settings, position, counters, history. Raises TrainingError when it is damaged."""
        try:
            found: dict[str, Any] = json.loads(self._pointer.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{self._pointer} cannot be read ({error}); the state of an interrupted run is expected.",
                "train again with another --run",
            ) from error
        return found

    def save(
        self, state: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer, extra: dict[str, Tensor]
    ) -> None:
        """Write everything; raises ModelError (disk full and the like) with the older state left whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        slot = "b" if self.exists() and self.state()["slot"] == "a" else "a"
        tensors = {f"network.{name}": value.detach().contiguous() for name, value in network.state_dict().items()}
        for name, parameter in network.named_parameters():
            for moment in _MOMENTS:
                if parameter in optimizer.state:
                    tensors[f"optimizer.{moment}.{name}"] = optimizer.state[parameter][moment].contiguous()
        tensors |= {f"extra.{name}": value.contiguous() for name, value in extra.items()}
        write_atomically(self.folder / f"{slot}.safetensors", save(tensors))
        write_atomically(self._pointer, json.dumps({**state, "slot": slot}).encode())

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Load everything into the network and its optimizer; returns the JSON part and the extra tensors."""
        state = self.state()
        path = self.folder / f"{state['slot']}.safetensors"
        try:
            tensors = load(path.read_bytes())
        except Exception as error:  # safetensors raises its own kinds beside OSError
            raise TrainingError(
                f"{path} cannot be read ({error}); the tensors of an interrupted run are expected.",
                "train again with another --run",
            ) from error
        network.load_state_dict({n[8:]: value for n, value in tensors.items() if n.startswith("network.")})
        for name, parameter in network.named_parameters():
            if f"optimizer.step.{name}" in tensors:
                optimizer.state[parameter] = {
                    moment: tensors[f"optimizer.{moment}.{name}"].to(parameter.device if moment != "step" else "cpu")
                    for moment in _MOMENTS
                }
        return state, {name[6:]: value for name, value in tensors.items() if name.startswith("extra.")}
