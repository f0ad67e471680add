"""Notebooks run from top to bottom without network, and what is shipped is what their text gives."""

import base64
import importlib.util
import json
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = sorted((ROOT / "notebooks").glob("*.py"))
# Whatever names a computer or the person at it.
PRIVATE = re.compile(r"/(home|Users|root|tmp|work|var|private|mnt)/|[A-Z]:\\\\Users|site-packages")
MOST_BYTES = 400_000

pytestmark = pytest.mark.skipif(not TEXTS, reason="the notebooks are in a checkout only")
by_name = pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)


def shipped(text):
    return json.loads(text.with_suffix(".ipynb").read_text("utf-8"))


def maker():
    """The script that writes the notebooks."""
    spec = importlib.util.spec_from_file_location("make_notebooks", ROOT / "scripts" / "make_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_notebook_has_both_forms():
    assert {path.stem for path in TEXTS} == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    listed = (ROOT / "notebooks" / "README.md").read_text("utf-8")
    assert set(re.findall(r"\((\w+)\.ipynb\)", listed)) == {path.stem for path in TEXTS}


@by_name
def test_text_and_notebook_do_not_drift_apart(text):
    wanted = maker().as_notebook(text)
    assert [(cell["cell_type"], cell["source"]) for cell in wanted.cells] == [
        (cell["cell_type"], "".join(cell["source"])) for cell in shipped(text)["cells"]
    ], f"run python scripts/make_notebooks.py {text.stem}"


@by_name
def test_what_is_shipped_was_run_and_tells_nothing_of_the_machine(text):
    path = text.with_suffix(".ipynb")
    assert path.stat().st_size < MOST_BYTES
    assert not PRIVATE.search(path.read_text("utf-8"))
    code = [cell for cell in shipped(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert pictures
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)


@by_name
def test_it_runs_from_top_to_bottom_on_a_miniature(text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "REAL_DATA = False" in text.read_text("utf-8")
    runpy.run_path(str(text), run_name="__main__")
    assert capsys.readouterr().out


def test_a_kernel_runs_the_text_as_the_script_does(tmp_path):
    """One through a kernel, the shortest; the others run in this process."""
    (tmp_path / "short.py").write_text("# %% [markdown]\n# # Sum\n\n# %%\nprint(1 + 1)\n", "utf-8")
    notebook = maker().execute(tmp_path / "short.py")
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code"]
    assert notebook.cells[1].outputs[0].text == "2\n"
    assert "execution" not in notebook.cells[1].metadata
