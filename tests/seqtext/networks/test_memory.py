"""What glibc does with freed blocks, before and after a model is loaded."""

import os
import platform
import subprocess
import sys

import pytest

MAPPED = """
import ctypes
import numpy as np
from seqtext.networks.memory import keep_freed_memory

class Info(ctypes.Structure):  # struct mallinfo2 of malloc.h
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Info

def mapped(size):
    before = mallinfo().hblkhd
    kept.append(np.empty(size, np.uint8))
    return mallinfo().hblkhd - before >= size

kept = []
first = mapped(12 << 20)
keep_freed_memory()
print(first, mapped(12 << 20), mapped(24 << 20))
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or tuple(map(int, platform.libc_ver()[1].split("."))) < (2, 33),
    reason="mallinfo2 is a function of glibc 2.33",
)
def test_arrays_of_a_step_come_from_memory_that_was_kept() -> None:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES"))}
    done = subprocess.run([sys.executable, "-c", MAPPED], capture_output=True, text=True, env=usual, check=False)
    assert done.stdout.split() == ["True", "False", "True"], done.stderr
