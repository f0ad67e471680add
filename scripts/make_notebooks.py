"""Run the notebooks from top to bottom and write them with their outputs.

    python scripts/make_notebooks.py                  # all
    python scripts/make_notebooks.py cremi heads      # some

Each `notebooks/NAME.py` (text, jupytext's percent format) becomes `notebooks/NAME.ipynb`. They run on
miniatures, each in an empty folder of its own, and need no network.
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parents[1] / "notebooks"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
TIMEOUT_S = 300


def as_notebook(text: Path) -> Any:
    """Read the text of a notebook; equal texts give equal notebooks."""
    notebook = jupytext.read(text)
    notebook.metadata = nbformat.NotebookNode(
        kernelspec=KERNEL,
        language_info={"name": "python"},
        jupytext={"formats": "ipynb,py:percent"},
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def execute(text: Path) -> Any:
    """Run a notebook in an empty folder; return it with its outputs."""
    notebook = as_notebook(text)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook, timeout=TIMEOUT_S, kernel_name=KERNEL["name"], resources={"metadata": {"path": folder}}
        ).execute()
    for cell in notebook.cells:
        # When a cell ran differs each time, and tells nothing.
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            _make_small(output)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _make_small(output: Any) -> None:
    """Bring a picture to 256 colours, well chosen so that those of classes stay: two thirds of the bytes."""
    if "image/png" not in output.get("data", {}):
        return
    picture = Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"]))).convert("RGB")
    out = io.BytesIO()
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(out, "png", optimize=True)
    output["data"]["image/png"] = base64.b64encode(out.getvalue()).decode()


def main() -> None:
    """Write the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="such as cremi; default: all")
    names = parser.parse_args().names or sorted(path.stem for path in FOLDER.glob("*.py"))
    for name in names:
        notebook = execute(FOLDER / f"{name}.py")
        nbformat.write(notebook, FOLDER / f"{name}.ipynb")
        sys.stderr.write(f"{name}.ipynb\n")


if __name__ == "__main__":
    main()
