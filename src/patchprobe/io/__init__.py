"""Reading and writing stacks: one file per format, a registry by suffix, and the Stack that they give."""

from .describe import describe
from .formats import known_suffixes
from .label_classes import LabelClass, label_classes
from .load import load_stack
from .resample import resample_isotropic
from .save import save_labels, save_stack
from .stack import Stack

__all__ = [
    "LabelClass",
    "Stack",
    "describe",
    "known_suffixes",
    "label_classes",
    "load_stack",
    "resample_isotropic",
    "save_labels",
    "save_stack",
]
