"""Predictions on their way to files: what is known is not predicted again."""

import numpy as np
import pytest

from patchprobe import LinearProbe, _file_work, embed, load_stack
from patchprobe._cache import EmbeddingCache
from patchprobe._file_work import Kept, apply_probe, is_large, predict_and_keep, write_prediction
from patchprobe._work import Prediction, Source
from patchprobe.io import Stack, save_stack
from patchprobe.prediction import predict_stack
from patchprobe.steps import finish


@pytest.fixture
def probe(em_stack):
    labels = np.zeros_like(em_stack.labels[0])
    labels[5::10] = em_stack.labels[0, 5::10]
    return LinearProbe(C=1.0).fit(embed(em_stack.plane(0), normalisation=em_stack.normalisation()), labels)


@pytest.fixture
def source(em_stack, tmp_path, monkeypatch):
    monkeypatch.setenv("PATCHPROBE_CACHE", str(tmp_path / "cache"))
    return Source(em_stack, 1, "filters")


def test_what_is_known_is_written_as_it_is(source, em_stack, probe, tmp_path):
    marked = np.full((64, 48), 7, np.uint8)
    path = tmp_path / "p.ome.tif"
    finish(write_prediction(source, probe, str(path), {1: marked}, EmbeddingCache()))
    written, expected = load_stack(path), predict_stack(em_stack, probe)
    np.testing.assert_array_equal(written.plane(0), expected.plane(0))
    np.testing.assert_array_equal(written.plane(1), marked)


def test_a_second_run_takes_the_kept_planes(source, em_stack, probe):
    run = predict_and_keep(source, probe, [2, 1, 0], EmbeddingCache())
    first = next(step for step in run if isinstance(step, Prediction))
    run.close()
    steps = list(predict_and_keep(source, probe, [2, 1, 0], EmbeddingCache()))
    [kept] = [step for step in steps if isinstance(step, Kept)]
    assert kept.plane == first.plane == 2
    np.testing.assert_array_equal(kept.labels, first.labels)
    assert [step.plane for step in steps if isinstance(step, Prediction)] == [1, 0]


def test_kept_planes_are_written_without_predicting_them(source, em_stack, probe, tmp_path, monkeypatch):
    monkeypatch.setattr(_file_work, "is_large", lambda stack: True)
    list(predict_and_keep(source, probe, [0, 1, 2], EmbeddingCache()))
    monkeypatch.setattr(_file_work, "embed_plane", None)
    path = tmp_path / "p.ome.zarr"
    finish(write_prediction(source, probe, str(path), {}, EmbeddingCache()))
    np.testing.assert_array_equal(load_stack(path).plane(2), predict_stack(em_stack, probe).plane(2))


def test_large_is_what_memory_should_not_be_filled_with(em_stack):
    assert not is_large(em_stack)
    assert is_large(Stack(np.broadcast_to(np.uint8(0), (200, 8192, 8192)), "zyx"))


def test_a_folder_is_predicted(source, em_stack, probe, tmp_path):
    (tmp_path / "images").mkdir()
    save_stack(tmp_path / "images" / "a.tif", em_stack)
    [image] = finish(apply_probe(str(tmp_path / "images"), probe, str(tmp_path / "out"), source))
    assert image.output.name == "a_prediction.ome.tif" and not image.error
