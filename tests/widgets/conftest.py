"""Widgets are tested in real windows: Qt's offscreen platform has no OpenGL for napari."""

from __future__ import annotations

import os
import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def display() -> None:
    """Skip without a display, or fail where one was promised (`make test` runs under a virtual one)."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    reason = "no display; `make test` brings a virtual one"
    if os.environ.get("PATCHPROBE_REQUIRE_DISPLAY"):
        pytest.fail(f"PATCHPROBE_REQUIRE_DISPLAY is set, but there is {reason}")
    pytest.skip(reason)
