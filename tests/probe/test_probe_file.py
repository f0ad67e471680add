"""Files of probes: rows to continue from, and those of older versions."""

import json

import numpy as np
import pytest
from safetensors import safe_open

from patchprobe import LinearProbe, embed, load_probe
from patchprobe.errors import InputError
from patchprobe.probe import make_classifier, read_rows
from patchprobe.probe.storage import write_head


def test_the_card_says_what_made_it(membranes, em_stack, tmp_path):
    path = LinearProbe(class_names={2: "membrane"}).fit(*membranes, em_stack).save(tmp_path / "probe")
    with safe_open(path, "numpy") as file:
        card = json.loads(file.metadata()["card"])
    assert card["classifier"] == "linear"
    assert (card["backbone"], card["version"]) == ("filters", "1")
    assert card["parameters"] == {"C": "auto", "block_weights": "auto", "class_weight": "balanced"}
    (origin,) = card["origins"]
    assert (origin["dtype"], origin["voxel_size"], origin["units"]) == ("uint8", [50.0, 4.0, 4.0], ["nm"] * 3)
    assert origin["low"] < origin["high"]


def test_rows_come_back_as_they_were(membranes, em_stack, tmp_path):
    probe = make_classifier("auto-context").fit(*membranes, em_stack)
    (old,), (new,) = probe.rows_, load_probe(probe.save(tmp_path / "probe")).rows_
    for name in ("features", "classes", "strokes", "weights", "points"):
        np.testing.assert_array_equal(getattr(new, name), getattr(old, name))
        assert getattr(new, name).dtype == getattr(old, name).dtype
    assert (new.channels, new.backbone, new.version) == (old.channels, old.backbone, old.version)
    assert new.origin == old.origin
    np.testing.assert_array_equal(new.context.features, old.context.features)
    np.testing.assert_array_equal(new.reference.variance, old.reference.variance)


def test_features_that_do_not_fit_half_precision_stay_exact(em_stack, membranes, tmp_path):
    embedding = embed(em_stack.plane(0), "placeholder-cnx-t")
    probe = LinearProbe().fit(embedding, membranes[1])
    loaded = load_probe(probe.save(tmp_path / "probe"))
    np.testing.assert_array_equal(loaded.rows_[0].features, probe.rows_[0].features)


def test_rows_of_filters_take_half_the_room(membranes, tmp_path):
    probe = LinearProbe().fit(*membranes)
    with_rows, without = (
        probe.save(tmp_path / f"{kept}", with_rows=kept).stat().st_size for kept in (True, False)
    )
    rows = len(probe.rows_[0].classes)
    assert 2 * 69 * rows < with_rows - without < 3 * 69 * rows + 4000
    assert load_probe(tmp_path / "False.safetensors").rows_ == ()


def test_images_of_different_size_and_kind(toy_backbone, as_it_is, em_stack, membranes, tmp_path):
    embedding, strokes = membranes
    rows = [read_rows(embedding, strokes, em_stack), read_rows(embedding, strokes)]
    loaded = load_probe(LinearProbe().fit_rows(rows).save(tmp_path / "probe"))
    assert [part.origin.dtype for part in loaded.rows_] == ["uint8", ""]
    assert len(loaded.origins_) == 2


@pytest.fixture
def file_of_format_1(tmp_path):
    """As patchprobe 0.1.0 wrote it before there were other classifiers."""
    card = {
        "format": 1,
        "patchprobe": "0.1.0",
        "backbone": "filters",
        "version": "1",
        "channels": [69],
        "classes": [1, 2],
        "class_names": {"2": "membrane"},
        "class_colors": {},
        "class_weight": None,
        "C": 4.0,
        "block_weights": [1.0],
        "strokes": {"1": 3, "2": 4},
        "held_out": {
            "accuracy": 0.9,
            "f1": [0.9, 0.9],
            "confusion": [[0.9, 0.1], [0.1, 0.9]],
            "strokes": [3, 4],
        },
    }
    tensors = {"coef.0": np.ones((69, 1), np.float32), "intercept": np.zeros(1, np.float32)}
    return write_head(tmp_path / "old", "patchprobe linear probe", card, tensors)


def test_files_of_format_1_are_read(file_of_format_1, em_stack):
    for probe in (load_probe(file_of_format_1), LinearProbe.load(file_of_format_1)):
        assert (probe.C_, probe.block_weights_, probe.class_weight) == (4.0, (1.0,), None)
        assert probe.held_out_.strokes == (3, 4)
        assert probe.rows_ == probe.origins_ == ()
        assert probe.differences(em_stack) == []
    assert probe.predict(embed(em_stack.plane(0))).shape == (64, 48)


def test_a_classifier_of_a_newer_version_is_named(membranes, tmp_path, monkeypatch):
    monkeypatch.setattr(LinearProbe, "name", "oracle")
    path = LinearProbe().fit(*membranes).save(tmp_path / "probe")
    monkeypatch.undo()
    with pytest.raises(InputError, match="no classifier 'oracle'"):
        load_probe(path)


@pytest.mark.parametrize("missing", ["intercept", "rows.points"])
def test_a_file_without_something_it_needs_is_damaged(missing, membranes, tmp_path):
    path = LinearProbe().fit(*membranes).save(tmp_path / "probe")
    with safe_open(path, "numpy") as file:
        card = json.loads(file.metadata()["card"])
        tensors = {name: file.get_tensor(name) for name in file.keys() if name != missing}  # noqa: SIM118
    write_head(path, "patchprobe probe", card, tensors)
    with pytest.raises(InputError, match=rf"damaged.*{missing.removeprefix('rows.')}"):
        load_probe(path)
