"""Read pipes again: standard input, `<(…)` and named pipes."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from tempfile import TemporaryFile

_BLOCK = 65_536
_OPEN_FILES = ("/dev/stdin", "/dev/fd/", "/proc/")  # names that mean another file, or none, in another process

Blocks = Iterator[bytes]


def is_pipe(source: str) -> bool:
    """Tell whether a corpus can be read only once."""
    if source == "-":
        return True
    with suppress(OSError, ValueError):
        mode, opened = os.stat(source).st_mode, os.path.abspath(source).startswith(_OPEN_FILES)
        again = stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and not opened)
        return not source.startswith("hf:") and not again
    return False


class _Kept:
    """The data read from a pipe so far, in a file, and the rest of the pipe."""

    def __init__(self, blocks: Blocks, stack: ExitStack) -> None:
        self._rest, self._size = blocks, 0
        self._file = stack.enter_context(TemporaryFile())  # noqa: SIM115

    def blocks(self) -> Blocks:
        """Yield everything from the beginning; new data is read and kept."""
        position = 0
        while True:
            if position < self._size:
                self._file.seek(position)
                block = self._file.read(min(_BLOCK, self._size - position))
            else:
                block = next(self._rest, b"")
                if not block:
                    return
                self._file.seek(self._size)
                self._file.write(block)
                self._size += len(block)
            position += len(block)
            yield block


_KEPT: ContextVar[tuple[dict[str, _Kept], ExitStack] | None] = ContextVar("kept", default=None)


@contextmanager
def reading_again() -> Iterator[None]:
    """Keep the data of pipes, to be read again inside the block."""
    if _KEPT.get() is not None:
        yield
        return
    with ExitStack() as stack:
        token = _KEPT.set(({}, stack))
        try:
            yield
        finally:
            _KEPT.reset(token)


def kept_blocks(source: str, read: Callable[[], Blocks]) -> Blocks:
    """Read the blocks of a source. Inside `reading_again`, those of a pipe are kept."""
    kept = _KEPT.get()
    if kept is None or not is_pipe(source):
        return read()
    pipes, stack = kept
    if source not in pipes:
        pipes[source] = _Kept(read(), stack)
    return pipes[source].blocks()


def can_be_read_again(source: str) -> bool:
    """Tell whether a source can be read twice. A file can, and a pipe inside `reading_again`."""
    return _KEPT.get() is not None or not is_pipe(source)
