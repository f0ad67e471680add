import shutil

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.evaluation import Settings, on_tasks, real
from patchprobe.evaluation import real_data as data_sets
from patchprobe.evaluation.methods import PEER, Forest, by_head, embeddings_of, make_forest
from patchprobe.evaluation.task import Task, synthetic_task
from patchprobe.evaluation.task_scores import score
from patchprobe.io import Stack
from patchprobe.probe import LinearProbe, find_strokes


def told(seen):
    return lambda step, done, total: seen.append((done, total))


def task_of(truth, objects=None):
    truth = np.asarray(truth, np.uint8)
    return Task(
        "t",
        "T",
        Stack(np.zeros((1, *truth.shape)), "zyx"),
        {0: truth},
        {0: truth},
        {1: "background", 2: "cells"},
        objects={} if objects is None else {0: np.asarray(objects)},
    )


def certain(labels):
    return {0: np.eye(2, dtype=np.float32)[np.asarray(labels) - 1]}


def test_scores_worked_out_by_hand():
    # Class 2: TP 2, FN 1, FP 1; class 1: TP 3, FN 1, FP 1. The last pixel does not count.
    found = score(task_of([[2, 2, 2, 1, 1, 1, 1, 0]]), certain([[2, 2, 1, 2, 1, 1, 1, 2]]))
    assert found.dice == pytest.approx((3 / 4, 2 / 3))
    assert found.iou == pytest.approx((3 / 5, 2 / 4))
    assert found.accuracy == pytest.approx(5 / 7)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.object_f1 is None


def test_objects_are_connected_pixels_that_overlap_by_half():
    truth = np.ones((12, 30), np.uint8)
    truth[1:7, 1:7], truth[1:7, 20:26] = 2, 2
    numbers = np.zeros(truth.shape, int)
    numbers[1:7, 1:7], numbers[1:7, 20:26] = 1, 2
    found = truth.copy()
    # The second is missed, and of 3 pixels that are found wrongly no object is made.
    found[1:7, 20:26], found[10, :3] = 1, 2
    assert score(task_of(truth, numbers), certain(found)).object_f1 == pytest.approx(2 * 1 / (2 + 1))


def test_strokes_are_spread_over_the_painted_planes():
    task = synthetic_task("em", painted=3, judged=1, size=96, seed=0)
    assert list(task.strokes(0, 1)) == [0]
    strokes = task.strokes(0, 4)
    counts = {}
    for plane, painted in strokes.items():
        points, numbers = find_strokes(painted)
        classes = painted[tuple(points.T)]
        counts[plane] = [len(np.unique(numbers[classes == number])) for number in (1, 2)]
    assert counts == {0: [2, 2], 1: [1, 1], 2: [1, 1]}
    for plane, painted in strokes.items():
        assert (painted[painted > 0] == task.paint[plane][painted > 0]).all()
    again = task.strokes(0, 4)
    assert all(np.array_equal(again[plane], strokes[plane]) for plane in strokes)


def test_methods_give_a_probability_of_every_class():
    task = synthetic_task("em", painted=1, judged=1, size=64, seed=0)
    strokes = task.strokes(0)
    for found in (by_head(task, embeddings_of(task, "filters"), LinearProbe, strokes), Forest(task)(strokes)):
        assert found[1].shape == (64, 64, 2)
        np.testing.assert_allclose(found[1].sum(axis=2), 1, atol=1e-5)
        assert score(task, found).f1 > 0.9


def test_the_peer_learns_from_few_pixels_too():
    assert make_forest(20).max_samples == 20
    assert make_forest(400).max_samples == 50
    assert make_forest(2000).max_samples == 100


LOADERS = {name.lower(): getattr(data_sets, name.lower()) for name in data_sets.__all__ if name.isupper()}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("quick", [True, False])
def test_real_data_become_tasks(real_data, name, quick):
    task = LOADERS[name](real_data, quick)
    height, width = task.stack.plane_shape
    assert task.name == f"real_{name}"
    for classes in (*task.paint.values(), *task.judged.values()):
        assert classes.shape == (height, width)
        assert classes.dtype == np.uint8
        assert set(np.unique(classes)) - {0} == set(task.classes)
    assert {*task.paint, *task.judged} <= set(range(task.stack.n_planes))
    for plane in set(task.paint) & set(task.judged):
        assert not ((task.paint[plane] > 0) & (task.judged[plane] > 0)).any()
    assert task.about.endswith(".")
    assert task.scribbles(2, 0)[1].keys() <= task.paint.keys()


def test_scribbles_that_came_with_the_data_come_first(real_data):
    first, second = LOADERS["membranes"](real_data, True).scribbles(2, 0)
    assert np.count_nonzero(first[0]) == 28
    assert np.count_nonzero(second[0]) != 28


def test_real_data_are_compared_with_the_peer(real_data):
    for folder in real_data.iterdir():
        if folder.name != "nuclei_fluorescence":
            shutil.rmtree(folder)
    found = real(real_data, ["filters"], quick=True)
    assert [part.name for part in found.parts] == ["real_nuclei"]
    assert len(found.left_out) == 5
    table = found.tables["real_nuclei"]
    assert table.column("method") == ["filters", PEER]
    assert min(table.column("F1")) > 0.9
    assert table.column(f"more than {PEER}")[1] is None
    assert "F1 of objects" in [column.name for column in table.columns]
    assert len(found.tables["real_nuclei_heads"].rows) == 4
    assert [column.name for column in found.tables["real_nuclei_few_shot"].columns] == [
        "method",
        "1",
        "4",
        "16",
    ]
    assert {"real_nuclei_pictures", "real_nuclei_few_shot"} <= found.figures.keys()


def test_missing_files_are_said(real_data):
    (real_data / "em_vnc" / "mitochondria.tif").unlink()
    with pytest.raises(InputError, match=r"mitochondria\.tif"):
        LOADERS["mitochondria"](real_data, True)


def test_heads_and_few_strokes_on_synthetic_images(monkeypatch):
    monkeypatch.setattr(on_tasks, "MODALITIES", ("em",))
    monkeypatch.setattr(on_tasks, "_SIZE", 64)
    seen: list[tuple[int, int]] = []
    settings = Settings(("placeholder-cnx-t",), quick=True)
    heads = on_tasks.heads_on_synthetic(settings, told(seen)).tables[0]
    assert len(heads.rows) == 4
    assert [column.name for column in heads.columns] == ["backbone", "head", "em", "mean"]
    few = on_tasks.few_shot_on_synthetic(settings, told(seen))
    assert few.tables[0].column("method") == ["placeholder-cnx-t", PEER]
    assert len(few.figures) == 1
    assert all(done <= total for done, total in seen)
