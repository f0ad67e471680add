from __future__ import annotations

import csv

import pytest

from patchprobe import StackAlignment
from patchprobe.alignment import Alignment, Transform
from patchprobe.alignment.point_table import carry_table
from patchprobe.errors import InputError

ALIGNMENT = StackAlignment(
    (Alignment(Transform.identity()), Alignment(Transform.translation((2, -3.5)))), (20, 20)
)


@pytest.mark.parametrize("head", ["name,plane,y,x", "name,Z,Y,X", "index,axis-0,axis-1,axis-2"])
def test_positions_move_and_other_columns_stay(tmp_path, head):
    source, moved, back = (tmp_path / name for name in ("p.csv", "moved.csv", "back.csv"))
    source.write_text(f'{head}\nsoma,1,5,6\n"a, b",0,1.25,2\n', encoding="utf-8")
    assert carry_table(ALIGNMENT, source, moved) == 2
    with moved.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [head.split(","), ["soma", "1", "3", "9.5"], ["a, b", "0", "1.25", "2"]]
    carry_table(ALIGNMENT, moved, back, back=True)
    assert back.read_text() == source.read_text()


def test_without_planes_all_lie_in_the_first(tmp_path):
    source = tmp_path / "p.csv"
    source.write_text("x,y\n3,4\n")
    shifted = StackAlignment((Alignment(Transform.translation((1, 0))),), (20, 20))
    carry_table(shifted, source, source)
    assert source.read_text().splitlines() == ["x,y", "3,3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "columns a, b"),
        ("plane,y,x\n0,1,2\n0,one,2\n", "line 3"),
        ("plane,y,x\n0,1\n", "line 2"),
        ("plane,y,x\n7,1,2\n", "sections 0 to 1"),
    ],
)
def test_refuses_in_words(tmp_path, text, said):
    source, target = tmp_path / "p.csv", tmp_path / "t.csv"
    source.write_text(text)
    with pytest.raises(InputError, match=said):
        carry_table(ALIGNMENT, source, target)
    assert not target.exists()
