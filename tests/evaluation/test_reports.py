"""The two reports' protocols: what they measured is reached, and what is said of it is so."""

import numpy as np
import pytest

from patchprobe import evaluation
from patchprobe.evaluation import segmentation_a, segmentation_b, shift_recovery, transfer_matrices
from patchprobe.evaluation.printed import REPORT_A_TABLE_1, Claim, report_a_scores, report_b_scores
from patchprobe.evaluation.settings import Settings


def silent(*_):
    pass


@pytest.fixture(scope="module")
def table_1():
    return segmentation_a.segmentation(Settings(quick=True), silent)


def test_table_1_of_report_a_is_reached_in_every_cell(table_1):
    table = table_1.tables[0]
    assert len(table.rows) == 12
    assert min(table.column("accuracy, difference")) >= 0
    assert min(table.column("F1, difference")) >= 0
    assert "24 of 24 numbers" in " ".join(table_1.notes)


def test_figures_of_report_a_are_drawn(table_1):
    assert [figure.name for figure in table_1.figures] == ["report_a_bars", "report_a_pictures"]
    for figure in table_1.figures:
        assert figure.png.startswith(b"\x89PNG")
        assert b"<svg" in figure.svg


def test_registration_of_report_a_is_exact():
    found = shift_recovery.registration_a(Settings(("placeholder-cnx-t",), quick=True), silent)
    table = found.tables[0]
    assert set(table.column("error, ours")) == {0.0}
    # (2 + 2 + 3) / 3: the report measured "no shift".
    assert table.column("always no shift") == pytest.approx([7 / 3] * 6)
    assert table.column("difference") == pytest.approx([-2.33] * 6)


def test_shifted_images_are_zero_where_nothing_moves_in():
    image = np.arange(1, 13, dtype=float).reshape(3, 4, 1)
    np.testing.assert_array_equal(
        shift_recovery.shifted(image, (1, -2))[..., 0], [[0, 0, 0, 0], [3, 4, 0, 0], [7, 8, 0, 0]]
    )
    np.testing.assert_array_equal(shift_recovery.shifted(image, (0, 0)), image)


def test_report_b_on_few_small_images(monkeypatch):
    monkeypatch.setattr(segmentation_b, "QUICK", segmentation_b.Scale(images=10, size=64, splits=2))
    settings = Settings(("placeholder-cnx-t",), quick=True)
    found = segmentation_b.segmentation(settings, silent)
    table, confusion = found.tables
    assert len(table.rows) == 7
    assert table.column("accuracy, report") == [0.52] * 7
    # 2 splits of 3 test images of 16 patches.
    assert [sum(row[2:]) for row in confusion.rows] == [2 * 3 * 16] * 7
    assert "F1 of 0.68, not 0.55" in " ".join(found.notes)
    matrices = transfer_matrices.transfer_b(settings, silent).tables[1:]
    assert all(len(matrix.rows) == 8 for matrix in matrices)


def test_single_class_predictions_are_named(monkeypatch):
    monkeypatch.setattr(segmentation_b, "QUICK", segmentation_b.Scale(images=10, size=64, splits=2))
    monkeypatch.setattr(segmentation_b, "REPORT_B_MODALITIES", ("em",))
    from sklearn.dummy import DummyClassifier

    monkeypatch.setattr(segmentation_b, "make_classifier", DummyClassifier)
    found = segmentation_b.segmentation(Settings(("placeholder-cnx-t",), quick=True), silent)
    assert found.tables[0].column("note") == ["one class only in 2 of 2 splits"]
    assert "em with placeholder-cnx-t" in " ".join(found.notes)


def test_transfer_trains_on_rows_and_tests_on_columns():
    # Foreground is bright in one modality and dark in the other: each transfer is all wrong.
    bright = np.array([[0.0], [1.0]] * 5, np.float32), np.array([False, True] * 5)
    dark = bright[0], ~bright[1]
    from sklearn.linear_model import LogisticRegression

    found = transfer_matrices._transfer({"a": (bright, bright), "b": (dark, dark)}, LogisticRegression)
    np.testing.assert_array_equal(found.accuracy, [[1, 0], [0, 1]])
    np.testing.assert_array_equal(found.f1, [[1, 0], [0, 1]])
    assert (
        transfer_matrices._claimed(np.array([[0.9, 0.3], [0.4, 0.8]]), ["a", "b"], Claim("", "b", 0, 0.2))
        == 0.3
    )
    assert (
        transfer_matrices._claimed(np.array([[0.9, 0.3], [0.4, 0.8]]), ["a", "b"], Claim("b", "a", 0, 0.2))
        == 0.4
    )


def test_printed_numbers_belong_to_the_reports_backbones():
    assert report_a_scores("em", "placeholder-vit-l") == REPORT_A_TABLE_1["em"][1]
    assert report_a_scores("em", "dinov3-convnext-tiny") == REPORT_A_TABLE_1["em"][0]
    assert report_a_scores("em", "filters") == (None, None)
    assert report_b_scores("filters") == (None, None)


def test_equal_seeds_give_equal_tables(monkeypatch):
    monkeypatch.setattr(shift_recovery, "REPORT_B_MODALITIES", ("calcium",))
    once, again, other = (
        shift_recovery.registration_b(Settings(("placeholder-cnx-t",), True, seed), silent).tables[0]
        for seed in (1, 1, 2)
    )
    assert once == again
    assert once.column("always no shift") != other.column("always no shift")


def test_names_of_the_interface_are_those_of_the_command_line():
    from patchprobe.cli.evaluate_arguments import EVALUATIONS

    assert tuple(evaluation.WHAT) == EVALUATIONS
    for name in EVALUATIONS[:-1]:
        assert callable(getattr(evaluation, name.replace("-", "_")))
