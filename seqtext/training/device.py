"""Choose device, precision and threads of a training run; keep freed memory."""

import contextlib
import ctypes
import math
import os
import time
from typing import NamedTuple

import torch

from seqtext.config import TrainingConfig
from seqtext.errors import ConfigError, argument, arguments
from seqtext.networks.threads import count_cores


class Device(NamedTuple):
    """Hold the torch device, precision and threads of a training run.

    bf16: whether matrix products are bfloat16; threads: of the processor
    """

    device: torch.device
    bf16: bool
    threads: int

    @property
    def precision(self) -> str:
        """Return the value of --precision that asks for the same."""
        return "bf16" if self.bf16 else "fp32"


def choose_kind(training: TrainingConfig) -> str:
    """Choose "cpu" or "cuda" by settings and hardware.

    Raises ConfigError without the device asked for, or without one per process.
    """
    if training.device == "cpu":
        return "cpu"
    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # as torchrun says, before they have met
    if training.device == "auto":
        return "cuda" if cards >= processes else "cpu"
    if not cards:
        message = f"{argument('device')} received cuda, but no CUDA device is here."
        raise ConfigError(message, arguments(device="cpu"))
    if cards < processes:
        raise ConfigError(
            f"{argument('device')} received cuda, but the CUDA devices here are {cards}, the processes "
            f"{processes}; one for each "
            "process is needed.",
            f"--nproc-per-node {cards}, or {arguments(device='cpu')}",
        )
    return "cuda"


def choose_device(training: TrainingConfig, processes: int = 1) -> Device:
    """Choose device, precision and threads, and prepare PyTorch for them.

    processes: that share this machine's cores
    raises ConfigError without the device asked for, or for bf16 on a processor without it
    """
    kind = choose_kind(training)
    _bound_caches()  # before the first product
    bf16 = training.precision == "bf16"
    if training.precision == "auto":
        bf16 = kind == "cuda" or (has_bf16() and _has_quick_bf16())
    elif bf16 and kind == "cpu" and not has_bf16():
        raise ConfigError(
            f"{argument('precision')} received bf16, but this processor has no LSTM in bf16; accepted are auto, fp32.",
            arguments(precision="fp32"),
        )
    torch.set_flush_denormal(True)
    _keep_memory()
    threads = training.threads or max(1, count_cores() // processes)
    torch.set_num_threads(threads)
    return Device(torch.device(kind), bf16, threads)


def has_bf16() -> bool:
    """Tell whether the processor runs an LSTM in bfloat16.

    Without AVX-512, oneDNN has none, and says so only when one is run.
    """
    try:
        with torch.autocast("cpu", torch.bfloat16):
            torch.nn.LSTM(1, 1)(torch.zeros(1, 1, 1))
    except RuntimeError:
        return False
    return True


def _has_quick_bf16() -> bool:
    """Time matrix products: bfloat16 pays where it is much faster than fp32 (AMX); processor flags mislead.

    Both kinds take turns, and the best of each counts, so that other processes hardly matter. A processor that only
    imitates bfloat16 takes a fifth of a second for a product: its first one decides.
    """
    matrices = {kind: torch.ones(512, 512, dtype=kind) for kind in (torch.float32, torch.bfloat16)}
    best = dict.fromkeys(matrices, math.inf)
    for _ in range(16):
        for kind, matrix in matrices.items():
            begun = time.perf_counter()
            matrix @ matrix
            best[kind] = min(best[kind], time.perf_counter() - begun)
        if best[torch.bfloat16] > 20 * best[torch.float32]:
            return False
    return best[torch.bfloat16] * 1.5 < best[torch.float32]


def _bound_caches() -> None:
    """Limit the primitives that oneDNN and ATen cache, unless the environment says how many.

    Each new shape of a batch makes new ones, of megabytes in all, and a thousand are kept: 10 MB more were allocated at
    each update of a fill network with 41,000 words, up to 8 GB. With 64, 155 MB from the tenth update on, for the same
    processor time (60 updates, one thread, bf16).
    """
    for name in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        os.environ.setdefault(name, "64")


def _keep_memory() -> None:
    """Let glibc keep freed blocks: by default it returns the large ones, and each step pays to have them zeroed.

    Elsewhere (macOS, Windows, musl) nothing changes.

    Measured on Tatoeba, 2 threads, bf16: 17,100 against 13,300 tokens/s, for half a gigabyte more.
    """
    # CDLL(None) raises TypeError on Windows; other libraries than glibc may have no mallopt.
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD: blocks up to 1 GiB come from the heap
        library.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def keep_small_numbers() -> None:
    """Stop flushing denormal numbers to zero, as training does."""
    torch.set_flush_denormal(False)
