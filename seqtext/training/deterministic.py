"""Train deterministically on a GPU; on the CPU training is deterministic anyway.

On CUDA many kernels add in whichever order their threads finish. PyTorch has slower ones that keep an order, and cuBLAS
keeps one where it is given its workspace by the environment: https://pytorch.org/docs/stable/notes/randomness.html
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from seqtext.errors import ConfigError, argument

_VARIABLE, _WORKSPACES = "CUBLAS_WORKSPACE_CONFIG", (":4096:8", ":16:8")


def settle_workspace() -> None:
    """Set the environment variable that makes cuBLAS deterministic.

    It stays set, for cuBLAS reads it once per process. Raises ConfigError where it is too late, or where the user's own
    value makes nothing deterministic.
    """
    value = os.environ.get(_VARIABLE)
    if value in _WORKSPACES:
        return
    if value is not None or torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        reason = f"is {value!r}" if value is not None else "was not set when CUDA started in this process"
        raise ConfigError(
            f"{argument('deterministic')} was given, but the variable {_VARIABLE} {reason}; "
            f"{' or '.join(_WORKSPACES)}, set before "
            "CUDA starts, is accepted.",
            f"export {_VARIABLE}={_WORKSPACES[0]}",
        )
    os.environ[_VARIABLE] = _WORKSPACES[0]


@contextmanager
def deterministic_kernels(wanted: bool) -> Iterator[None]:
    """Use deterministic kernels inside the block, where wanted.

    The process's own choice is restored after it.
    """
    cudnn = torch.backends.cudnn
    asked, lenient = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    convolutions = cudnn.deterministic, cudnn.benchmark
    if wanted:
        torch.use_deterministic_algorithms(True)
        cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        if wanted:
            torch.use_deterministic_algorithms(asked, warn_only=lenient)
            cudnn.deterministic, cudnn.benchmark = convolutions
