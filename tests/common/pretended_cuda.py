"""A CUDA device without hardware: its tensors are held in memory, and nothing may mix them with the processor's.

What PyTorch computes with is the numbers held, once all were found on one device. Its name is "meta", a device of
PyTorch's own that needs no hardware; seqtext asks whether a device is "cpu", or a tensor `is_cuda`.
"""

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import adam, adamw
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from seqtext.config import TrainingConfig
from seqtext.training.device import Device, choose_device

train_module = importlib.import_module("seqtext.training.train")
_aten = torch.ops.aten
_BETWEEN_DEVICES = (_aten._to_copy.default, _aten.copy_.default)
_LOOKING_UP = (_aten.index.Tensor, _aten.index_put_.default, _aten._index_put_impl_.default)
#: Those without a deterministic kernel on CUDA, says `torch.use_deterministic_algorithms`, that a network may come to
#: need; cumsum only of numbers that are not whole.
_IN_NO_ORDER = {
    "cumsum", "nll_loss_forward", "nll_loss2d_forward", "put_", "histc", "median", "kthvalue", "_ctc_loss_backward",
    "max_pool2d_with_indices_backward", "max_pool3d_with_indices_backward", "adaptive_max_pool2d_backward",
    "_adaptive_avg_pool2d_backward", "avg_pool3d_backward", "max_unpool2d", "reflection_pad1d_backward",
    "upsample_linear1d_backward", "grid_sampler_2d_backward",
}  # fmt: skip


class Pretended(Tensor):
    """A tensor on the pretended device; `held` has its numbers."""

    held: Tensor
    is_cuda = property(lambda self: True)  # type: ignore[assignment]
    is_cpu = property(lambda self: False)  # type: ignore[assignment]
    is_meta = property(lambda self: False)  # type: ignore[assignment]
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: Tensor) -> "Pretended":
        made: Any = Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype,
            device=torch.device("meta"),
        )  # fmt: skip
        made.held = held
        return made

    def tolist(self) -> Any:
        return self.held.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        raise TypeError("A tensor of the device cannot become an array; it is copied to the processor first")

    def __repr__(self) -> str:
        return f"Pretended({self.held})"

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(function, args, kwargs or {})


class _Everywhere(TorchDispatchMode):
    """Sees what makes the device's first tensors, too."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(function, args, kwargs or {})


def _check(function: Any, given: list[Tensor]) -> None:
    """Raise RuntimeError where the real device would: tensors of both, or no deterministic kernel for those who ask."""
    here = [one for one in given if isinstance(one, Pretended)]
    in_no_order = function._opname in _IN_NO_ORDER and (function._opname != "cumsum" or given[0].is_floating_point())
    if here and in_no_order and torch.are_deterministic_algorithms_enabled():
        raise RuntimeError(f"{function} has no deterministic kernel")
    others = [one for one in given if not isinstance(one, Pretended)]
    if function is not _aten._fused_adamw_.default:
        others = [one for one in others if one.ndim]  # a single number may come from the processor
    if function in _LOOKING_UP and isinstance(given[0], Pretended):
        others = [one for one in others if one.is_floating_point()]  # so may the places that are looked up
    if here and others and function not in _BETWEEN_DEVICES:
        raise RuntimeError(f"Expected all tensors to be on the same device: {function} received some of the processor")


def _computed(function: Any, args: Any, kwargs: Any) -> Any:
    """Compute with the numbers held."""
    given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    _check(function, given)
    asked = kwargs.get("device")
    there = any(isinstance(one, Pretended) for one in given) if asked is None else torch.device(asked).type != "cpu"
    if function is _aten.copy_.default:
        there = isinstance(given[0], Pretended)
    known = {id(one.held): one for one in given if isinstance(one, Pretended)}
    if torch.Tag.inplace_view in function.tags and there:
        with no_dispatch():  # the shape that PyTorch sees changes as well
            function(*args, **kwargs)
    kwargs = kwargs if asked is None else {**kwargs, "device": torch.device("cpu")}
    args, kwargs = tree_map(lambda one: one.held if isinstance(one, Pretended) else one, (args, kwargs))
    result = function(*args, **kwargs)
    if not there:
        return result
    return tree_map(
        lambda one: (known[id(one)] if id(one) in known else Pretended(one)) if isinstance(one, Tensor) else one, result
    )


@contextlib.contextmanager
def pretended_cuda() -> Iterator[None]:
    """Let training take the device inside the block, whose products are never bfloat16."""

    def chosen(training: TrainingConfig, processes: int = 1) -> Device:
        assert training.device == "cuda"
        return choose_device(replace(training, device="cpu"), processes)._replace(device=torch.device("meta"))

    with pytest.MonkeyPatch.context() as patch, _Everywhere():
        patch.setattr(train_module, "choose_kind", lambda training: "cpu")
        patch.setattr(train_module, "choose_device", chosen)
        patch.setattr(torch, "autocast", lambda *how, **more: contextlib.nullcontext())
        patch.setattr(torch, "is_autocast_enabled", lambda kind: False)
        patch.setattr(adam, "_device_dtype_check_for_fused", lambda parameter: None)
        patch.setattr(adamw, "_device_dtype_check_for_fused", lambda parameter: None, raising=False)
        yield
