"""Sections brought into one frame: similarity of patches, shifts between sections, whole stacks."""

from .align_pair import PairAlignment, align_pair
from .box import Box
from .cells import comparison_grid
from .correlation import patch_correlation
from .field import FieldTransform, InverseField, as_field
from .map_json import load_transform, save_transform
from .plane_map import Chain, PlaneMap
from .position import Position, estimate_position, remove_position
from .result import Alignment, StackAlignment
from .stack import align_sections, align_stack
from .transform import Transform
from .translation import Translation, estimate_translation

__all__ = [
    "Alignment",
    "Box",
    "Chain",
    "FieldTransform",
    "InverseField",
    "PairAlignment",
    "PlaneMap",
    "Position",
    "StackAlignment",
    "Transform",
    "Translation",
    "align_pair",
    "align_sections",
    "align_stack",
    "as_field",
    "comparison_grid",
    "estimate_position",
    "estimate_translation",
    "load_transform",
    "patch_correlation",
    "remove_position",
    "save_transform",
]
