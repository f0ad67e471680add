"""Public data sets: what they are, how to get them, and folders of them as stacks with their truth."""

from .download import default_folder, download
from .miniature import miniature
from .registry import get_dataset, items, list_datasets, load, open_path, recognise
from .spec import DatasetSpec, RemoteFile

__all__ = [
    "DatasetSpec",
    "RemoteFile",
    "default_folder",
    "download",
    "get_dataset",
    "items",
    "list_datasets",
    "load",
    "miniature",
    "open_path",
    "recognise",
]
