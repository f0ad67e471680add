"""From pixels to things: objects of a class, found, measured and saved."""

from .collect import ObjectCollector, StackObjects, find_objects_in_stack
from .files import save_objects
from .find import find_objects
from .settings import ObjectSettings
from .split import split_touching
from .table import save_table

__all__ = [
    "ObjectCollector",
    "ObjectSettings",
    "StackObjects",
    "find_objects",
    "find_objects_in_stack",
    "save_objects",
    "save_table",
    "split_touching",
]
