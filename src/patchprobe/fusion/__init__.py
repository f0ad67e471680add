"""Several looks at one pixel, and their logits averaged: planes of three orientations, or frames in time."""

from .base import Fusion, ReadLogits
from .time_window import TimeWindow
from .training import read_triplanar_rows
from .triplanar import Triplanar
from .views import VIEWS

__all__ = ["VIEWS", "Fusion", "ReadLogits", "TimeWindow", "Triplanar", "read_triplanar_rows"]
