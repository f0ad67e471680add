"""What a number in a label image means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelClass:
    """A class of labels.

    Parameters
    ----------
    number : int
        Label, 1 or more.
    name : str
    color : str
        ``"#rrggbb"``; empty where none was chosen.
    """

    number: int
    name: str
    color: str = ""
