"""The report's number, ours and the difference, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def compared_columns(metric: str) -> list[str | tuple[str, str]]:
    """Return the columns that `compared` fills."""
    return [
        f"{metric}, report",
        f"{metric}, ours",
        f"{metric}, ±",
        (f"{metric}, difference", "+.3f"),
    ]


def compared(printed: float | None, values: Sequence[float]) -> list[float | None]:
    """Return what the report prints, our mean and standard deviation, and how much ours is more."""
    mean = float(np.mean(values))
    return [printed, mean, float(np.std(values)), None if printed is None else mean - printed]


def listed(numbers: Sequence[int]) -> str:
    """Write whole numbers that follow each other as ``0 to 4``."""
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
