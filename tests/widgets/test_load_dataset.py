"""Public data sets in the Load widget, in the menu of samples and dropped into the window."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from napari.layers import Image, Labels
from qtpy.QtCore import Qt

from patchprobe import datasets
from patchprobe._widgets import _load_dataset
from patchprobe._widgets.load import LoadWidget
from patchprobe.datasets.download import Progress
from patchprobe.errors import InputError

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where data sets are downloaded to."""
    monkeypatch.setenv("PATCHPROBE_DATASETS", str(tmp_path / "sets"))
    return tmp_path / "sets"


@pytest.fixture
def widget(viewer, qtbot, home):
    widget = LoadWidget(viewer)
    qtbot.addWidget(widget)
    widget.show()
    widget.use_dataset.setChecked(True)
    return widget


def choose(widget, name):
    widget.dataset.choice.setCurrentIndex(widget.dataset.choice.findData(name))


def open_it(qtbot, widget):
    with qtbot.waitSignal(widget._opener.ended):
        qtbot.mouseClick(widget.run.start_button, LEFT)


def test_what_it_is_and_how_to_get_it_is_read_before_the_button(widget, home):
    page = widget.dataset
    choose(widget, "snemi3d")
    text = page.about.text()
    assert "0.2 GB" in text and "CC BY 4.0" in text and "Kasthuri" in text
    assert page.row.start_button.text() == "Download (195 MB)"
    assert page.folder.text() == str(home / "snemi3d")
    assert not widget.run.start_button.isEnabled()
    choose(widget, "oasis3")
    assert not page.row.start_button.isVisible()
    assert "data use agreement" in page.row.note.text()
    choose(widget, "cremi")
    assert [page.part.itemData(i) for i in range(4)] == [("A", "B", "C"), ("A",), ("B",), ("C",)]
    assert page.row.start_button.text() == "Download (492 MB)"
    page.part.setCurrentIndex(2)
    page.part.activated.emit(2)
    assert page.row.start_button.text() == "Download (160 MB)"
    assert page.row.start_button.isVisible()
    assert not page.row.note.isVisible()
    # Nothing is downloaded by looking.
    assert not home.exists()
    for index in range(page.choice.count()):
        page.choice.setCurrentIndex(index)
        assert max(widget.minimumSizeHint().width(), page.minimumSizeHint().width()) <= 320


def test_a_download_is_shown_stopped_told_and_then_opened(qtbot, viewer, widget, monkeypatch):
    gate = threading.Event()
    row = widget.dataset.row

    def held(spec, folder, parts):
        yield Progress("file, MB", 0, 10)
        yield Progress("file, MB", 4, 10)
        gate.wait(10)
        yield Progress("file, MB", 5, 10)

    monkeypatch.setattr(_load_dataset, "downloading", held)
    choose(widget, "ixi")
    qtbot.mouseClick(row.start_button, LEFT)
    qtbot.waitUntil(lambda: row.note.text().startswith("4/10"))
    assert not widget.dataset.choice.isEnabled()
    with qtbot.waitSignal(widget.dataset.jobs.ended):
        qtbot.mouseClick(row.stop_button, LEFT)
        gate.set()
    assert row.start_button.isVisible()
    assert widget.dataset.choice.isEnabled()

    def refusing(spec, folder, parts):
        yield Progress("file, MB", 0, 10)
        raise InputError("The connection was lost.")

    monkeypatch.setattr(_load_dataset, "downloading", refusing)
    with qtbot.waitSignal(widget.dataset.jobs.ended):
        qtbot.mouseClick(row.start_button, LEFT)
    assert "connection was lost" in widget.error.text

    def made(spec, folder, parts):
        datasets.miniature(spec.name, folder, 48)
        yield Progress("file, MB", 10, 10)

    monkeypatch.setattr(_load_dataset, "downloading", made)
    with qtbot.waitSignal(widget.dataset.jobs.ended):
        qtbot.mouseClick(row.start_button, LEFT)
    assert widget.dataset.item.isVisible()
    open_it(qtbot, widget)
    assert [type(layer) for layer in viewer.layers] == [Image, Labels]
    widget.dataset.item.setCurrentIndex(1)
    open_it(qtbot, widget)
    assert viewer.layers[2].name == "IXI012-HH-1211-T1"


def test_labels_have_the_names_and_colours_of_the_atlas(qtbot, viewer, widget, home):
    datasets.miniature("allen-mouse", home / "allen-mouse", 48)
    choose(widget, "allen-mouse")
    open_it(qtbot, widget)
    image, labels = viewer.layers
    assert image.data.shape == labels.data.shape == (48, 34, 38)
    assert "Isocortex (Isocortex)" in list(labels.features["class"])
    np.testing.assert_allclose(labels.colormap.map(315)[:3], np.array([0x70, 0xFF, 0x71]) / 255, atol=0.01)


def test_folders_series_and_slides_in_the_file_page(qtbot, viewer, widget, tmp_path):
    folder = datasets.miniature("tcga", tmp_path / "mine", 48)
    widget.open_path(str(folder))
    qtbot.waitUntil(lambda: "TCGA GBM and LGG, with truth" in widget.status.text)
    assert widget.file.dataset.count() == 5
    assert not widget.file.axes.isVisible()
    open_it(qtbot, widget)
    assert [type(layer) for layer in viewer.layers] == [Image, Labels]

    widget.open_path(str(next(folder.rglob("*.svs"))))
    qtbot.waitUntil(lambda: widget.file.level.isVisible())
    assert [widget.file.level.itemText(i) for i in (0, 1)] == ["0: 128 × 128 px", "1: 64 × 64 px"]
    widget.file.level.setCurrentIndex(1)
    widget.file.level.activated.emit(1)
    qtbot.waitUntil(lambda: "64 × 64" in widget.status.text)
    open_it(qtbot, widget)
    assert viewer.layers[-1].data.shape == (64, 64, 3)
    np.testing.assert_allclose(viewer.layers[-1].scale, (1.008, 1.008))

    (folder / "TCGA-02-0006/08-23-1996-MRI BRAIN").rename(tmp_path / "study")
    widget.open_path(str(tmp_path / "study"))
    qtbot.waitUntil(lambda: "mixes 2 series" in widget.error.text)
    widget.file.dataset.setCurrentIndex(widget.file.dataset.findData("FLAIR"))
    widget.file.dataset.activated.emit(2)
    qtbot.waitUntil(lambda: "17 planes" in widget.status.text)


def test_napari_opens_folders_series_slides_and_samples(viewer, tmp_path, home):
    folder = datasets.miniature("tcga", tmp_path / "mine", 48)
    slide, series = (
        next(folder.rglob("*.svs")),
        folder / "TCGA-02-0006/08-23-1996-MRI BRAIN/6.000000-FLAIR-00002",
    )
    image, labels = viewer.open(folder, plugin="patchprobe")
    assert (type(image), type(labels)) == (Image, Labels)
    for path, shape in ((slide, (128, 128, 3)), (series, (17, 48, 38))):
        (layer,) = viewer.open(path, plugin="patchprobe")
        assert layer.data.shape == shape
    with pytest.raises(InputError, match=r"CREMI is not on this computer.*Size: 0\.5 GB.*Licence"):
        viewer.open_sample("patchprobe", "cremi")
    assert not home.exists()
    datasets.miniature("cremi", home / "cremi", 48)
    image, truth = viewer.open_sample("patchprobe", "cremi")
    assert (image.name, truth.name, truth.visible) == ("CREMI", "CREMI: truth", False)
    assert truth.data.dtype == np.uint64
