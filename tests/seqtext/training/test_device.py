"""What PyTorch is prepared for: its caches are bounded, unless the environment says otherwise."""

import os
import subprocess
import sys

import pytest
import torch

from seqtext.config import TrainingConfig
from seqtext.errors import ConfigError
from seqtext.training import device

PROGRAM = """
import ctypes, torch
from seqtext.config import TrainingConfig
from seqtext.training.device import choose_device

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks used free top"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

allocated = ctypes.CDLL(None).mallinfo2
allocated.restype = Info
choose_device(TrainingConfig(device="cpu", precision="fp32", threads=1))
matrix = torch.ones(256, 256, dtype=torch.bfloat16)
for rows in range(1, 600):
    if rows == 200:
        before = allocated().used
    torch.ones(rows, 256, dtype=torch.bfloat16) @ matrix
print(allocated().used - before)
"""


def growth(**environment: str) -> int:
    command, known = [sys.executable, "-c", PROGRAM], {"ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"}
    inherited = {name: value for name, value in os.environ.items() if name not in known}
    done = subprocess.run(
        command, env={**inherited, **environment}, capture_output=True, text=True, timeout=120, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc counts what is allocated")
@pytest.mark.learning
def test_shapes_of_batches_are_not_kept_for_ever() -> None:
    usual = growth(ONEDNN_PRIMITIVE_CACHE_CAPACITY="1024")
    if usual < 1_000_000:
        pytest.skip("products of this processor keep nothing")
    assert growth() < usual / 4


def test_bf16_is_refused_by_a_processor_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "has_bf16", lambda: False)
    with pytest.raises(ConfigError, match="received bf16, but this processor has no LSTM in bf16") as caught:
        device.choose_device(TrainingConfig(device="cpu", precision="bf16"))
    assert "fp32" in str(caught.value)
    assert not device.choose_device(TrainingConfig(device="cpu", precision="auto", threads=1)).bf16


def test_a_processor_has_bf16_where_an_lstm_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> object:
        raise RuntimeError("could not create a primitive descriptor for the LSTM forward propagation primitive")

    monkeypatch.setattr(device.torch.nn.LSTM, "forward", refuse)
    assert not device.has_bf16()


def test_a_processor_without_an_lstm_in_bf16_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "has_bf16", lambda: False)
    monkeypatch.setattr(device, "_has_quick_bf16", lambda: pytest.fail("seconds, where bf16 is imitated"))
    assert not device.choose_device(TrainingConfig(device="cpu", precision="auto", threads=1)).bf16


@pytest.mark.parametrize(("bf16", "products", "quick"), [(30.0, 1, False), (2.0, 16, False), (0.5, 16, True)])
def test_imitated_bf16_is_timed_once(monkeypatch: pytest.MonkeyPatch, bf16: float, products: int, quick: bool) -> None:
    times = [moment for _ in range(16) for moment in (0.0, 1.0, 0.0, bf16)]
    small = torch.ones(1, 1)
    monkeypatch.setattr(device.torch, "ones", lambda *shape, dtype: small.to(dtype))
    monkeypatch.setattr(device.time, "perf_counter", lambda: times.pop(0))
    assert device._has_quick_bf16() == quick
    assert 16 - len(times) // 4 == products
