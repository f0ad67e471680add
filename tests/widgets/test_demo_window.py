from __future__ import annotations

from dataclasses import replace

import imageio.v3 as iio
import numpy as np
import pytest

pytest.importorskip("napari")

from patchprobe import synthetic
from patchprobe._cache import EmbeddingKey
from patchprobe._widgets import demo_window
from patchprobe._widgets._layers import find_prediction, find_strokes, layer_stack
from patchprobe._widgets._session import session_of
from patchprobe.demo import run_demo
from patchprobe.io import Stack


@pytest.fixture(scope="module")
def done():
    """Three sections of 16 bit, none of whose pixels is near 0."""
    stack = synthetic.serial_sections(3, 96, seed=3, rotation=0, fold=None, missing=None).to_stack()
    return run_demo(replace(stack, data=stack.data.astype(np.uint16) + 30_000))


def test_window_shows_the_result_in_place(done, qtbot):
    viewer = demo_window.open_window(done)
    try:
        image = viewer.layers[done.stack.name]
        np.testing.assert_array_equal(find_strokes(viewer, image).data[done.painted], done.strokes)
        np.testing.assert_array_equal(find_prediction(viewer, image).data, done.prediction)
        aligned = viewer.layers[f"{done.stack.name} aligned"]
        assert not aligned.visible
        # The empty edge of moved sections must not stretch the greys.
        assert aligned.contrast_limits == image.contrast_limits
        assert tuple(image.scale) == tuple(aligned.scale) == done.stack.voxel_size
        # The Align widget shows how they were moved.
        align = viewer.window.dock_widgets["Align (patchprobe)"]
        assert align.live.alignment == done.alignment and align.table.rowCount() == 3
        made = done.embedding
        assert layer_stack(image).normalisation() == made.normalisation
        session = session_of(viewer)
        key = EmbeddingKey(
            session.source(image), done.painted, made.backbone, made.version, made.normalisation
        )
        assert session.cache.get(key) is made
        assert len([layer for layer in viewer.layers if layer.name.startswith("strokes")]) == 1
    finally:
        viewer.close()


def test_single_colour_picture(qtbot):
    stack = synthetic.stack("histology", n=1, size=64)
    picture = Stack(stack.plane(0), "yxc", rgb=True, name="picture")
    viewer = demo_window.open_window(run_demo(picture))
    try:
        assert [layer.name for layer in viewer.layers] == [
            "picture",
            "prediction on picture",
            "strokes on picture",
        ]
        assert viewer.layers["picture"].rgb
    finally:
        viewer.close()


def test_screenshot_is_written_and_the_window_closed(done, qtbot, tmp_path):
    picture = iio.imread(demo_window.save_screenshot(done, tmp_path / "window.png"))
    assert picture.shape[0] > 600
    assert picture.shape[1] > 1000
    assert np.ptp(picture[..., :3]) > 100
