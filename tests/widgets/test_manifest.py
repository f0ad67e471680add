from __future__ import annotations

import npe2
import numpy as np
import pytest

from patchprobe import datasets

CONTRIBUTIONS = npe2.PluginManifest.from_distribution("patchprobe").contributions
WIDGETS = [widget.display_name for widget in CONTRIBUTIONS.widgets]
PUBLIC = [spec.name.replace("-", "_") for spec in datasets.list_datasets()]
# Public data sets open where they were downloaded: see test_load_dataset.
SAMPLES = [sample.key for sample in CONTRIBUTIONS.sample_data if sample.key not in PUBLIC]


@pytest.mark.parametrize("name", WIDGETS)
def test_every_widget_opens_in_an_empty_viewer(qtbot, make_napari_viewer, name):
    viewer = make_napari_viewer(show=True)
    dock, widget = viewer.window.add_plugin_dock_widget("patchprobe", name)
    qtbot.waitUntil(widget.isVisible)
    assert dock.name.startswith(name)


@pytest.mark.parametrize("name", WIDGETS)
def test_every_widget_opens_beside_an_image(qtbot, make_napari_viewer, em_stack, name):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(em_stack.data, name=em_stack.name, scale=em_stack.voxel_size)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", name)
    qtbot.waitUntil(widget.isVisible)


def test_all_widgets_open_together(make_napari_viewer, em_stack):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(em_stack.data, name=em_stack.name)
    widgets = [viewer.window.add_plugin_dock_widget("patchprobe", name)[1] for name in WIDGETS]
    assert len(set(map(id, widgets))) == len(WIDGETS) == 4


def test_widgets_become_tabs_of_one_dock_and_stay_where_the_user_puts_them(qtbot, make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    window = viewer.window._qt_window
    first, _ = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    second, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Align")
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(first) == [second])
    qtbot.waitUntil(widget.isVisible)
    second.setFloating(True)
    second.hide()
    second.show()
    assert second.isFloating()


@pytest.mark.parametrize("key", SAMPLES)
def test_every_sample_opens_over_its_image(make_napari_viewer, key):
    viewer = make_napari_viewer()
    image, truth = viewer.open_sample("patchprobe", key)
    assert (type(image).__name__, type(truth).__name__) == ("Image", "Labels")
    assert list(viewer.layers) == [image, truth]
    np.testing.assert_array_equal(image.scale, truth.scale)
    assert image.units == truth.units
    assert image.axis_labels == truth.axis_labels
    assert truth.data.max() >= 2
