"""Projects: saved and reopened as they were left, moved, and with images that are gone."""

import json
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe.errors import InputError
from patchprobe.io import save_stack
from patchprobe.project import Project, ProjectImage, ProjectView
from patchprobe.strokes_file import StrokeClass

VIEW = ProjectView(
    "filters",
    (StrokeClass(2, "membrane", "#e69f00"), StrokeClass(1, "cell", "#56b4e9")),
    selected=2,
    live=False,
    overlay="probability",
    overlay_class=2,
    opacity=0.3,
    image=1,
    plane=2,
)


@pytest.fixture
def strokes(em_stack):
    painted = np.zeros((64, 48), np.uint8)
    painted[5::10] = em_stack.labels[0, 5::10]
    return {0: painted, 2: np.flipud(painted)}


@pytest.fixture
def project(em_stack, strokes, tmp_path):
    """A stack in a file with strokes, and one that is only in memory, without."""
    path = save_stack(tmp_path / "data.ome.tif", replace(em_stack, labels=None))
    stack = replace(em_stack, labels=None, source=str(path), name="first")
    memory = replace(em_stack, data=255 - em_stack.data, labels=None, name="second", voxel_size=(1, 2, 3))
    return Project((ProjectImage(stack, strokes), ProjectImage(memory, {}, is_used=False)), VIEW)


def assert_equal(first, second):
    assert first.view == second.view
    for one, other in zip(first.images, second.images, strict=True):
        assert one.stack.name == other.stack.name
        assert (one.stack.axes, one.stack.voxel_size) == (other.stack.axes, other.stack.voxel_size)
        for plane in range(one.stack.n_planes):
            np.testing.assert_array_equal(one.stack.plane(plane), other.stack.plane(plane))
        assert one.strokes.keys() == other.strokes.keys()
        for plane, painted in one.strokes.items():
            np.testing.assert_array_equal(painted, other.strokes[plane])
        assert (one.is_used, one.channel, one.note) == (other.is_used, other.channel, other.note)


def test_reopened_as_it_was_left(project, tmp_path):
    path = project.save(tmp_path / "cells")
    assert path.name == "cells.json"
    assert_equal(project, Project.load(path))


def test_saved_again_it_leaves_one_set_of_strokes(project, tmp_path):
    project.save(tmp_path / "cells.json")
    again = Project.load(tmp_path / "cells.json")
    again.save(tmp_path / "cells.json")
    assert_equal(project, Project.load(tmp_path / "cells.json"))
    assert len(list((tmp_path / "cells_files").glob("saved-*"))) == 1
    assert len(list((tmp_path / "cells_files" / "images").iterdir())) == 1


def test_moved_together_with_its_images(project, tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    project.save(tmp_path / "cells.json")
    for name in ("cells.json", "cells_files", "data.ome.tif"):
        shutil.move(tmp_path / name, folder / name)
    assert_equal(project, Project.load(folder / "cells.json"))


def test_the_probe_is_kept(project, em_stack, strokes, tmp_path):
    probe = LinearProbe(C=1.0).fit(embed(em_stack.plane(0)), strokes[0])
    path = replace(project, probe=probe).save(tmp_path / "cells.json")
    loaded = Project.load(path).probe
    np.testing.assert_array_equal(
        loaded.predict(embed(em_stack.plane(1))), probe.predict(embed(em_stack.plane(1)))
    )


def test_what_feeds_the_probe(project, strokes):
    assert [plane for _, plane, _ in project.training()] == [0, 2]
    unused = replace(project, images=(replace(project.images[0], is_used=False),))
    assert not list(unused.training())


def test_an_image_that_is_gone_is_named_and_keeps_its_strokes(project, tmp_path):
    path = project.save(tmp_path / "cells.json")
    (tmp_path / "data.ome.tif").rename(tmp_path / "elsewhere.ome.tif")
    opened = Project.load(path)
    [note] = opened.notes
    assert "first is not at" in note and "put the file back" in note
    assert opened.images[0].is_missing and not list(opened.training())
    opened.save(path)
    (tmp_path / "elsewhere.ome.tif").rename(tmp_path / "data.ome.tif")
    again = Project.load(path)
    assert again.notes == () and again.images[0].strokes.keys() == {0, 2}


def test_an_image_that_changed_is_named(project, em_stack, tmp_path):
    path = project.save(tmp_path / "cells.json")
    save_stack(tmp_path / "data.ome.tif", replace(em_stack, data=em_stack.data // 2, labels=None))
    assert "other pixels" in Project.load(path).notes[0]
    save_stack(tmp_path / "data.ome.tif", replace(em_stack, data=em_stack.data[:2], labels=None))
    opened = Project.load(path)
    assert "no image of the shape (3, 64, 48)" in opened.notes[0] and opened.images[0].is_missing
    (tmp_path / "data.ome.tif").write_bytes(b"II*\0 cut short")
    assert "cannot be opened" in Project.load(path).notes[0]


def test_one_data_set_of_several_is_found_by_its_pixels(em_stack, strokes, tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["other"] = 255 - em_stack.data
        file["wanted"] = em_stack.data
    stack = replace(em_stack, labels=None, source=str(tmp_path / "data.h5"))
    path = Project((ProjectImage(stack, strokes),), VIEW).save(tmp_path / "cells.json")
    opened = Project.load(path)
    assert opened.notes == ()
    np.testing.assert_array_equal(opened.images[0].stack.plane(1), em_stack.plane(1))


def test_a_channel_is_found_again(em_stack, tmp_path):
    both = replace(
        em_stack,
        data=np.stack([em_stack.data, 255 - em_stack.data], -1),
        axes="zyxc",
        labels=None,
        name="both",
    )
    path = save_stack(tmp_path / "both.ome.tif", both)
    second = replace(both.channel(1), source=str(path))
    opened = Project.load(Project((ProjectImage(second, {}, channel=1),), VIEW).save(tmp_path / "p.json"))
    np.testing.assert_array_equal(opened.images[0].stack.plane(0), 255 - em_stack.plane(0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "not a saved project"),
        ('{"kind": "patchprobe project", "version": 9}', "newer"),
    ],
)
def test_other_files_are_refused_in_words(content, words, tmp_path):
    (tmp_path / "p.json").write_text(content)
    with pytest.raises(InputError, match=words):
        Project.load(tmp_path / "p.json")
    with pytest.raises(InputError, match="no file"):
        Project.load(tmp_path / "missing.json")


def test_a_project_that_lacks_a_part_is_damaged(project, tmp_path):
    path = project.save(tmp_path / "cells.json")
    content = json.loads(path.read_text())
    del content["view"]["backbone"]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="damaged"):
        Project.load(path)


def test_a_save_that_fails_leaves_the_old_project(project, tmp_path, monkeypatch):
    path = project.save(tmp_path / "cells.json")

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(InputError, match="No space left"):
        patch.setattr("patchprobe.strokes_file.put_plane", full)
        project.save(path)
    assert_equal(project, Project.load(path))
    assert len(list((tmp_path / "cells_files").glob("saved-*"))) == 1
