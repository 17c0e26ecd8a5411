"""Store the resumable state of a run atomically.

Two slots hold tensors, and one small JSON says which is whole. A slot is written and flushed to disk before the JSON
that points to it is replaced in one step, so that a process killed at any moment leaves the state before or the state
after. The tokenizer, which gives the rows of the embedding their meaning, stands beside them. Nothing here is a pickle.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from seqtext.errors import TrainingError, argument
from seqtext.storage.atomic import unwritable, write_atomically
from seqtext.training.state_files import check_seal, check_state, digest_of_bytes, read_state, read_text, seal

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
_STATE = {
    "slot": (lambda value: value in ("a", "b"), '"a" or "b"'),
    "progress": (lambda value: isinstance(value, dict), "an object"),
}


class Checkpoint:
    """Store the state of a run under `RUN/checkpoint`."""

    def __init__(self, run: Path) -> None:
        self.folder = run / "checkpoint"
        self.pointer = self.folder / "state.json"
        self._tokenizer = self.folder / "tokenizer.json"

    def exists(self) -> bool:
        """Return whether there is a state to resume from."""
        return self.pointer.is_file()

    def state(self) -> dict[str, Any]:
        """Read the JSON part; raises TrainingError when it is damaged.

        It holds request, settings, progress, and digests of the tensors and of what was learnt from.
        """
        state = check_state(read_state(self.pointer), _STATE, self.pointer)
        check_seal(state, self.pointer)
        return state

    def tokenizer(self) -> str:
        """Read the text of the tokenizer whose ids the network knows. Raises TrainingError."""
        return read_text(self._tokenizer)

    def amend(self, changes: dict[str, Any]) -> None:
        """Replace keys of the JSON part; the tensors stay."""
        write_atomically(self.pointer, seal({**self.state(), **changes}))

    def copy(self, other: "Checkpoint", changes: dict[str, Any]) -> None:
        """Copy the state of another run, with some JSON keys replaced.

        The JSON is written last.
        """
        state = other.state()
        self.folder.mkdir(exist_ok=True)
        for name in ("tokenizer.json", f"{state['slot']}.safetensors"):
            write_atomically(self.folder / name, (other.folder / name).read_bytes())
        write_atomically(self.pointer, seal({**state, **changes}))

    def save(
        self,
        state: dict[str, Any],
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        extra: dict[str, Tensor],
        tokenizer: str,
    ) -> None:
        """Write the whole state atomically.

        state: the JSON part; extra: further tensors, by name; tokenizer: the text of the tokenizer that made the ids
        raises ModelError (disk full and the like), which leaves the older state whole
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        if not self._tokenizer.exists():
            write_atomically(self._tokenizer, tokenizer.encode())
        slot = "b" if self.exists() and self.state()["slot"] == "a" else "a"
        tensors = {f"network.{name}": value.detach().contiguous() for name, value in network.state_dict().items()}
        for name, parameter in network.named_parameters():
            for moment in _MOMENTS:
                if parameter in optimizer.state:
                    tensors[f"optimizer.{moment}.{name}"] = optimizer.state[parameter][moment].contiguous()
        tensors |= {f"extra.{name}": value.contiguous() for name, value in extra.items()}
        data = save(tensors)
        write_atomically(self.folder / f"{slot}.safetensors", data)
        write_atomically(self.pointer, seal({**state, "slot": slot, "digest": digest_of_bytes(data)}))

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Load the state into network and optimizer.

        returns the JSON part, and the extra tensors on the network's device
        raises TrainingError for a state that is damaged or does not fit
        """
        state = self.state()
        tensors = self._tensors(self.folder / f"{state['slot']}.safetensors", state.get("digest"))
        self._check_shapes(tensors, network)
        network.load_state_dict(under("network.", tensors))
        _restore_moments(optimizer, network, tensors)
        device = next(network.parameters()).device
        return state, {name: value.to(device) for name, value in under("extra.", tensors).items()}

    def _check_shapes(self, tensors: dict[str, Tensor], network: nn.Module) -> None:
        """Raise TrainingError unless the tensors fit network, optimizer and averaged weights."""
        expected = {f"network.{name}": value.shape for name, value in network.state_dict().items()}
        for name, parameter in network.named_parameters():
            if any(f"optimizer.{moment}.{name}" in tensors for moment in _MOMENTS):
                expected |= {f"optimizer.{moment}.{name}": parameter.shape for moment in _MOMENTS[1:]}
                expected[f"optimizer.step.{name}"] = torch.Size()
            if f"extra.average.{name}" in tensors:
                expected[f"extra.average.{name}"] = parameter.shape
        shapes = {name: value.shape for name, value in tensors.items() if not name.startswith("extra.carried.")}
        wrong = next((name for name in sorted({*expected, *shapes}) if expected.get(name) != shapes.get(name)), None)
        if wrong is not None:
            raise TrainingError(
                f"{self.folder} does not fit settings and data: {wrong} has the shape {shapes.get(wrong)}, expected is "
                f"{expected.get(wrong)}.",
                f"train again with another {argument('run')}",
            )

    @staticmethod
    def _tensors(path: Path, digest: str | None) -> dict[str, Tensor]:
        """Read the tensors of a slot; raises TrainingError. An earlier version left no digest."""
        try:
            if path.exists() and not path.is_file():
                raise ValueError("it is not a regular file")
            data = path.read_bytes()
            if digest is not None and digest != digest_of_bytes(data):
                raise ValueError("its bytes are not those that were saved")
            return load(data)
        except Exception as error:  # safetensors raises its own kinds beside OSError
            raise TrainingError(
                f"{path} cannot be read ({error}); the tensors of an interrupted run are expected.",
                f"train again with another {argument('run')}",
            ) from error


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Select the tensors whose names begin with a prefix, named without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _restore_moments(optimizer: torch.optim.Optimizer, network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Load an optimizer's moments, each on its device: AdamW's fused kernel wants `step` there, too."""
    names = {parameter: name for name, parameter in network.named_parameters()}
    learning = [
        names[parameter] for group in optimizer.param_groups for parameter in group["params"]
    ]  # in PyTorch's own order
    moments = {
        number: {moment: tensors[f"optimizer.{moment}.{name}"] for moment in _MOMENTS}
        for number, name in enumerate(learning)
        if f"optimizer.step.{name}" in tensors
    }
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
