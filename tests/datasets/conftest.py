"""A miniature of every data set, written once."""

from __future__ import annotations

import pytest

from patchprobe.datasets import list_datasets, miniature

NAMES = tuple(spec.name for spec in list_datasets())
SIZE = 64


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Folders of all sets by name; tests that change one copy it first."""
    return {name: miniature(name, tmp_path_factory.mktemp(name), SIZE) for name in NAMES}
