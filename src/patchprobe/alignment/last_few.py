"""The last few planes that were made ready, so that neighbours need not be read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Ready = TypeVar("Ready")


class LastFew(Generic[Ready]):
    """Makes planes ready when asked for, and keeps those last asked for.

    Parameters
    ----------
    make : callable
        Called with the number of a plane.
    n : int
        How many are kept: a plane may take hundreds of megabytes.
    """

    def __init__(self, make: Callable[[int], Ready], n: int) -> None:
        self._make = make
        self._n = n
        self._kept: OrderedDict[int, Ready] = OrderedDict()

    def __getitem__(self, number: int) -> Ready:
        if number not in self._kept:
            self._kept[number] = self._make(number)
            while len(self._kept) > self._n:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]
