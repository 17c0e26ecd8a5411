"""Keep freed memory for the next step. The kernel need not clear it anew."""

import numpy as np

_LARGEST = 1 << 24  # bytes; the arrays of one step are smaller, and glibc goes up to 32 MiB


def keep_freed_memory() -> None:
    """Have glibc keep freed blocks for the arrays that follow.

    It keeps up to 32 MiB in all; without glibc nothing changes. At first it maps every block of 128 KiB or more afresh
    and gives it back when it is freed; a step of the decoder then spends a seventh of its time on cleared pages.
    Freeing one such block raises both limits to what it held (mallopt(3), M_MMAP_THRESHOLD), unless the environment
    sets them. The block is never written to, so costs nothing.
    """
    np.empty(_LARGEST, np.uint8)
