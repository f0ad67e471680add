"""A hold on the threads of linear algebra, for work on small matrices or in threads of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController


class _Hold:
    """Limits BLAS to one thread from the first entry to the last exit, whichever threads they are in."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entered = 0
        # Listing the libraries takes a millisecond, setting their limit microseconds.
        self._controller = ThreadpoolController()

    def enter(self) -> None:
        with self._lock:
            if self._entered == 0:
                self._limit = self._controller.limit(limits=1, user_api="blas")
            self._entered += 1

    def exit(self) -> None:
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                self._limit.restore_original_limits()


_hold = cache(_Hold)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run a block with one BLAS thread.

    Waking more takes longer than a small product, and they would crowd the caller's own threads.
    """
    hold = _hold()
    hold.enter()
    try:
        yield
    finally:
        hold.exit()
