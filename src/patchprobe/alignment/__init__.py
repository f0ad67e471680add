"""Sections brought into one frame: similarity of patches, shifts between sections, whole stacks."""

from .cells import comparison_grid
from .correlation import patch_correlation
from .edges import Edge, PairResult, StackEdges
from .measure import measure_edges
from .placement import place_sections
from .position import Position, estimate_position, remove_position
from .result import Alignment, StackAlignment
from .sequence import align_sections
from .stack import align_stack
from .transform import Transform
from .translation import Translation, estimate_translation

__all__ = [
    "Alignment",
    "Edge",
    "PairResult",
    "Position",
    "StackAlignment",
    "StackEdges",
    "Transform",
    "Translation",
    "align_sections",
    "align_stack",
    "comparison_grid",
    "estimate_position",
    "estimate_translation",
    "measure_edges",
    "patch_correlation",
    "place_sections",
    "remove_position",
]
