"""Saving and opening projects, beside the window.

Nothing here knows a window, a layer or evented state. Each yield is a place to stop.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ._layer_data import LayerData, layer_data
from .project import Project, ProjectImage


@dataclass(frozen=True, eq=False)
class OpenedProject:
    """A project, and the layers of those of its images that are there.

    Parameters
    ----------
    project : Project
    images : list of (ProjectImage, LayerData)
    """

    project: Project
    images: list[tuple[ProjectImage, LayerData]]


def save_project(project: Project, path: str) -> Generator[None, None, Path]:
    """Write a project; see `Project.save`."""
    yield
    return project.save(path)


def open_project(path: str) -> Generator[None, None, OpenedProject]:
    """Read a project, and what its images look like."""
    yield
    project = Project.load(path)
    images = []
    for image in project.images:
        yield
        if not image.is_missing:
            # One layer: a stack of the project is one image or one channel.
            images.append((image, layer_data(image.stack)[0]))
    return OpenedProject(project, images)
