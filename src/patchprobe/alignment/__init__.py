"""Sections brought into one frame: similarity of patches, shifts between sections, whole stacks."""

from .align_pair import align_pair
from .box import Box
from .carry import bring_back, carry_shapes, merge_back
from .cells import comparison_grid
from .correlation import patch_correlation
from .edges import Edge, PairResult, StackEdges
from .edited import EditedAlignment
from .edits import AlignmentEdits
from .field import FieldTransform, InverseField, as_field
from .landmark_pairs import LandmarkPairs, load_landmarks, save_landmarks
from .map_json import load_transform, save_transform
from .measure import measure_edges
from .motion import align_to_template
from .ngff import ngff_transformations, place_in_frame
from .placed_section import Alignment
from .placement import place_sections
from .plane_map import Chain, PlaneMap
from .point_table import carry_table
from .prepared_pair import PairAlignment
from .reference_planes import align_to_planes
from .result import StackAlignment
from .sequence import align_sections
from .stack import align_stack
from .transform import Transform
from .translation import Translation, estimate_translation

__all__ = [
    "Alignment",
    "AlignmentEdits",
    "Box",
    "Chain",
    "Edge",
    "EditedAlignment",
    "FieldTransform",
    "InverseField",
    "LandmarkPairs",
    "PairAlignment",
    "PairResult",
    "PlaneMap",
    "StackAlignment",
    "StackEdges",
    "Transform",
    "Translation",
    "align_pair",
    "align_sections",
    "align_stack",
    "align_to_planes",
    "align_to_template",
    "as_field",
    "bring_back",
    "carry_shapes",
    "carry_table",
    "comparison_grid",
    "estimate_translation",
    "load_landmarks",
    "load_transform",
    "measure_edges",
    "merge_back",
    "ngff_transformations",
    "patch_correlation",
    "place_in_frame",
    "place_sections",
    "save_landmarks",
    "save_transform",
]
