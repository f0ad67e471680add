import json

import numpy as np

from patchprobe.evaluation.table import Table, make_table

TABLE = make_table(
    "t",
    "A title",
    ["name", "share", ("change", "+.1f"), "n"],
    [["a|b", np.float32(0.5), -2, 3], ["c", None, 1.26, 4]],
)


def test_numbers_are_shown_by_the_form_of_their_column():
    assert TABLE.shown() == [["a|b", "0.500", "-2", "3"], ["c", "–", "+1.3", "4"]]


def test_markdown_has_a_title_aligned_columns_and_no_stray_bars():
    lines = TABLE.to_markdown().splitlines()
    assert lines[0] == "**A title**"
    assert lines[3] == "| --- | ---: | ---: | ---: |"
    assert lines[4] == "| a\\|b | 0.500 | -2 | 3 |"


def test_csv_keeps_all_digits():
    assert TABLE.to_csv().splitlines() == ["name,share,change,n", "a|b,0.5,-2,3", "c,,1.26,4"]


def test_json_gives_the_table_back():
    assert Table.from_json(json.loads(json.dumps(TABLE.to_json()))) == TABLE


def test_columns_and_records():
    assert TABLE.column("change") == [-2, 1.26]
    assert TABLE.records()[1] == {"name": "c", "share": None, "change": 1.26, "n": 4}
