"""The main job from end to end, as ``patchprobe demo`` does it: segment a stack and align its sections."""

from .files import write_results
from .run import Demo, Scores, run_demo, sample_stack
from .strokes import draw_strokes
from .suggest import Suggestion, suggest_classes

__all__ = [
    "Demo",
    "Scores",
    "Suggestion",
    "draw_strokes",
    "run_demo",
    "sample_stack",
    "suggest_classes",
    "write_results",
]
