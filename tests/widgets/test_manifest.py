from __future__ import annotations

import npe2
import pytest

WIDGETS = [w.display_name for w in npe2.PluginManifest.from_distribution("patchprobe").contributions.widgets]


@pytest.mark.parametrize("name", WIDGETS)
def test_every_widget_opens_in_an_empty_viewer(make_napari_viewer, name):
    viewer = make_napari_viewer(show=True)
    dock, widget = viewer.window.add_plugin_dock_widget("patchprobe", name)
    assert widget.isVisible()
    assert dock.name.startswith(name)


@pytest.mark.parametrize("name", WIDGETS)
def test_every_widget_opens_beside_an_image(make_napari_viewer, em_stack, name):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(em_stack.data, name=em_stack.name, scale=em_stack.voxel_size)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", name)
    assert widget.isVisible()


def test_all_widgets_open_together(make_napari_viewer, em_stack):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(em_stack.data, name=em_stack.name)
    widgets = [viewer.window.add_plugin_dock_widget("patchprobe", name)[1] for name in WIDGETS]
    assert len(set(map(id, widgets))) == len(WIDGETS) == 4
