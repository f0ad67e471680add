"""Public data sets on the command line."""

from __future__ import annotations

import json

import pytest

from patchprobe import datasets
from patchprobe.cli import main


def as_json(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    capsys.readouterr()
    assert main(list(arguments)) == 1
    return capsys.readouterr().err


def test_the_list_and_one_of_them(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATCHPROBE_DATASETS", str(tmp_path))
    listed = as_json(capsys, "datasets")["datasets"]
    assert [entry["name"] for entry in listed] == [spec.name for spec in datasets.list_datasets()]
    assert not any(entry["on_disk"] for entry in listed)
    one = as_json(capsys, "datasets", "info", "cremi")
    assert one["folder"] == str(tmp_path / "cremi")
    assert one["parts"] == ["A", "B", "C"]
    assert main(["datasets", "info", "neurofinder"]) == 0
    text = capsys.readouterr().out
    assert "licence:   no licence is stated" in text
    assert "regions/regions.json" in text
    assert "downloads 00.00 to" in text


def test_getting_is_passed_on(capsys, monkeypatch, tmp_path):
    asked = []

    def held(name, to, parts, on_progress):
        asked.append((name, to, parts))
        return tmp_path

    monkeypatch.setattr(datasets, "download", held)
    about = as_json(capsys, "datasets", "get", "CREMI", "--part", "A", "--part", "C", "--to", "here")
    assert asked == [("cremi", "here", ("A", "C"))]
    assert about == {"folder": str(tmp_path)}
    assert main(["datasets", "get", "cremi"]) == 0
    captured = capsys.readouterr()
    assert "492 MB" in captured.err
    assert "Cite: MICCAI" in captured.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("get",), "Say which"),
        (("info", "kremi"), "no data set 'kremi'"),
        (("list", "cremi"), "takes no name"),
        (("get", "oasis3"), "Registration is needed"),
        (("get", "cremi", "--part", "D"), "no part 'D'"),
    ],
)
def test_what_cannot_be_done_is_told(capsys, arguments, words):
    assert words in refusal(capsys, "datasets", *arguments)


def test_a_folder_of_a_known_set_is_an_image(capsys, tmp_path):
    folder = str(datasets.miniature("cell-tracking", tmp_path, 48))
    about = as_json(capsys, "info", folder)
    assert about["axes"] == "tyx"
    assert about["name"] == "PhC-C2DH-U373 01"
    assert as_json(capsys, "info", folder, "--dataset", "PhC-C2DH-U373/02")["name"] == "PhC-C2DH-U373 02"
