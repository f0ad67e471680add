"""Public data sets: what they are, how to get them, and folders of them as stacks with their truth."""

from . import allen_mouse, cell_tracking, cremi, ixi, neurofinder, oasis3, snemi3d, tcga
from .download import default_folder, download
from .miniature import miniature
from .registry import get_dataset, items, list_datasets, load, open_path, recognise
from .spec import DatasetSpec, RemoteFile

__all__ = [
    "DatasetSpec",
    "RemoteFile",
    "allen_mouse",
    "cell_tracking",
    "cremi",
    "default_folder",
    "download",
    "get_dataset",
    "items",
    "ixi",
    "list_datasets",
    "load",
    "miniature",
    "neurofinder",
    "oasis3",
    "open_path",
    "recognise",
    "snemi3d",
    "tcga",
]
