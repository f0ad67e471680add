"""Reading stacks: one file per format, a registry by suffix, and the Stack that they give."""

from .stack import Stack

__all__ = ["Stack"]
