import json
import os
import sys

import pytest

from patchprobe.errors import InputError
from patchprobe.evaluation import Settings, data_folder, evaluate
from patchprobe.evaluation.settings import shown_name


def test_tables_figures_and_reports_are_written(toy_parts, tmp_path):
    found = evaluate("both", folder=tmp_path / "new" / "out")
    out = tmp_path / "new" / "out"
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        "report.html",
        "report.md",
        "results.json",
        *(f"parts/{name}.json" for name in ("first", "second")),
        *(f"tables/{name}.{suffix}" for name in ("first", "second") for suffix in ("csv", "json", "md")),
        *(f"figures/{name}.{suffix}" for name in ("first", "second") for suffix in ("png", "svg")),
    }
    assert list(found.tables) == list(found.figures) == ["first", "second"]
    assert found.notes == ("A note on first.", "A note on second.")
    saved = json.loads((out / "tables" / "first.json").read_text())
    assert saved["about"]["seed"] == 0
    assert saved["about"]["backbones"] == {"filters": found.parts[0].about["backbones"]["filters"]}


def test_finished_parts_are_taken_over(toy_parts, tmp_path):
    first = evaluate("both", folder=tmp_path)
    again = evaluate("both", folder=tmp_path)
    assert toy_parts.made == ["first", "second"]
    assert again == first


@pytest.mark.parametrize(
    "changed", [Settings(seed=1), Settings(quick=True), Settings(("placeholder-cnx-t",))]
)
def test_other_settings_make_parts_anew(toy_parts, tmp_path, changed):
    evaluate("first", folder=tmp_path)
    evaluate("first", changed, tmp_path)
    assert toy_parts.made == ["first", "first"]


@pytest.mark.parametrize("damaged", ["parts/first.json", "figures/first.png"])
@pytest.mark.parametrize("content", [None, "{"])
def test_damaged_or_missing_files_make_parts_anew(toy_parts, tmp_path, damaged, content):
    evaluate("first", folder=tmp_path)
    path = tmp_path / damaged
    path.unlink()
    if content is not None and path.suffix == ".json":
        path.write_text(content)
    evaluate("first", folder=tmp_path)
    assert toy_parts.made == ["first", "first"]
    assert path.stat().st_size > 2


def test_an_interrupted_run_goes_on_after_what_is_finished(toy_parts, tmp_path):
    toy_parts.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        evaluate("both", folder=tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "How first was made." in page
    assert "How second was made." not in page
    toy_parts.interrupted = False
    evaluate("both", folder=tmp_path)
    assert toy_parts.made == ["first", "second"]


def test_what_is_told_can_stop_the_run(toy_parts, tmp_path):
    told = []

    def tell(step, done, total):
        told.append((step, done, total))
        if step == "second":
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        evaluate("both", folder=tmp_path, tell=tell)
    assert told == [("first", 0, 1), ("second", 0, 1)]
    assert (tmp_path / "parts" / "first.json").is_file()


def test_the_page_needs_no_other_file(toy_parts, tmp_path):
    evaluate("both", Settings(quick=True), tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert "http" not in page
    assert "Table &lt;first&gt;" in page
    assert "A quick run" in page
    assert "seed 0" in page
    assert "| a\\|b | 0.500 |" in (tmp_path / "report.md").read_text("utf-8")


def test_parts_without_their_data_are_left_out_and_said(toy_parts, tmp_path):
    found = evaluate("all")
    assert [part.name for part in found.parts] == ["first", "second"]
    assert "Third was left out: it needs real data. Give the folder that holds set" in found.left_out[0]
    found = evaluate("all", Settings(data=tmp_path))
    assert found.left_out == ("Third was left out: there is no folder set among the real data.",)
    with pytest.raises(InputError, match="Third was left out"):
        evaluate("real")
    (tmp_path / "set").mkdir()
    assert evaluate("real", Settings(data=tmp_path)).tables


def test_other_data_makes_a_part_anew(toy_parts, tmp_path):
    (tmp_path / "set").mkdir()
    for content in ("a", "b", "b"):
        (tmp_path / "set" / "file").write_text(content)
        os.utime(tmp_path / "set" / "file", (0, ord(content)))
        evaluate("real", Settings(data=tmp_path), tmp_path / "out")
    assert toy_parts.made == ["third", "third"]


@pytest.mark.parametrize(
    ("what", "settings", "message"),
    [
        ("nothing", {}, "no evaluation 'nothing'. Use one of both"),
        ([], {}, "No evaluation was asked for"),
        ("both", {"backbones": ("resnet",)}, "no backbone 'resnet'"),
        ("both", {"backbones": ("filters", "filters")}, "filters is asked for twice"),
        ("both", {"seed": -1}, "seed is -1"),
    ],
)
def test_bad_input_is_said_before_anything_is_computed(toy_parts, tmp_path, what, settings, message):
    with pytest.raises(InputError, match=message):
        evaluate(what, Settings(**settings), tmp_path)
    assert toy_parts.made == []
    assert list(tmp_path.iterdir()) == []


def test_bad_folders_are_said(toy_parts, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"no folder .*nowhere"):
        evaluate("both", Settings(data=tmp_path / "nowhere"))
    with pytest.raises(InputError, match="cannot be made"):
        evaluate("both", folder=tmp_path / "file" / "out")
    # Those who may do everything may also write everywhere, so the answer of the system is set.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="may not be written to"):
        evaluate("both", folder=tmp_path)
    with pytest.raises(InputError, match="may not be read"):
        evaluate("both", Settings(data=tmp_path))
    assert toy_parts.made == []


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_what_is_not_installed_is_said(toy_parts, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"patchprobe\[evaluation\]"):
        evaluate("both", folder=tmp_path)
    assert toy_parts.made == []


def test_the_folder_of_data_is_given_or_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("PATCHPROBE_DATA", raising=False)
    assert data_folder() is None
    monkeypatch.setenv("PATCHPROBE_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert data_folder(tmp_path / "given") == tmp_path / "given"


def test_a_model_in_a_folder_is_named_by_it():
    assert shown_name("path:/some/where/dinov2-small?refine=2+filters") == "dinov2-small?refine=2+filters"
    assert shown_name("placeholder-cnx-t") == "placeholder-cnx-t"
