import csv

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.objects import save_table

TABLE = {"label": np.array([1, 2]), "area_nm2": np.array([1 / 3, 1e7])}


def test_what_is_written_is_read(tmp_path):
    path = save_table(tmp_path / "objects", TABLE)
    assert path.name == "objects.csv"
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["label", "area_nm2"], ["1", "0.333333333"], ["2", "10000000"]]


def test_no_objects_leave_the_names_of_the_columns(tmp_path):
    path = save_table(tmp_path / "objects.csv", {"label": np.array([], int)})
    assert path.read_text("utf-8").split() == ["label"]


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.csv"):
        save_table(tmp_path / "objects.xlsx", TABLE)
    with pytest.raises(InputError, match="no folder"):
        save_table(tmp_path / "nowhere" / "objects.csv", TABLE)
