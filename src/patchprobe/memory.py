"""How much memory there is to plan with."""

from __future__ import annotations

import os

_LEAST = 1 << 30


def share_of_memory(parts: int) -> int:
    """Return one of so many equal parts of the machine's memory in bytes, and at least 1 GiB."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # pragma: no cover - not every system tells
        return _LEAST
    return max(_LEAST, memory // parts)
