from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGES = (
    "README.md",
    "docs/alignment.md",
    "docs/classifiers.md",
    "docs/datasets.md",
    "docs/evaluation.md",
    "docs/triplanar_and_time.md",
)


@pytest.fixture
def workplace(tmp_path):
    """A folder to run in that looks like the checkout to what reads the shipped samples."""
    if (ROOT / "sample_data").is_dir():
        shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    return tmp_path


def run(arguments, folder):
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(example, workplace):
    run([str(example)], workplace)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_run_one_after_the_other(page, workplace):
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    run(["-c", "\n".join(blocks)], workplace)


def test_install_notes_name_every_system_package():
    script = (ROOT / "scripts" / "libraries.sh").read_text("utf-8")
    packages = re.findall(r"^lib\S+\.so\S* (\S+)$", script, re.MULTILINE)
    notes = (ROOT / "docs" / "install.md").read_text("utf-8").split()
    assert len(packages) > 20
    assert set(packages) <= set(notes)
