"""The package as it is installed: what it holds, what importing it costs, and what napari finds in it."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import npe2
import pytest
from npe2.manifest.utils import import_python_name

import patchprobe

ROOT = Path(__file__).parents[1]
VERSION = version("patchprobe")
HEAVY = ("torch", "napari", "qtpy", "PySide6", "PyQt6", "magicgui", "superqt", "npe2")
CORE = (
    "alignment",
    "backbones",
    "cli",
    "datasets",
    "embedding",
    "evaluation",
    "grid",
    "io",
    "metrics",
    "normalisation",
    "objects",
    "preparation",
    "probe",
    "synthetic",
)
MANIFEST = npe2.PluginManifest.from_distribution("patchprobe")

# Installed as with plain `pip install patchprobe`: whatever belongs to a window cannot be imported.
WITHOUT_QT = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} (blocked by the test)", name=name)
sys.meta_path.insert(0, Missing())
"""


def python(code: str, *arguments: str, **environment: str) -> str:
    """Run code in a new interpreter and return what it printed."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


class TestImport:
    def test_takes_less_than_three_tenths_of_a_second(self):
        code = "from time import perf_counter as now; start = now(); import patchprobe; print(now() - start)"
        assert statistics.median(float(python(code)) for _ in range(5)) < 0.3

    @pytest.mark.parametrize("module", ["patchprobe", *(f"patchprobe.{name}" for name in CORE)])
    def test_pulls_nothing_of_a_window(self, module):
        code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
        loaded = {name.partition(".")[0] for name in json.loads(python(code))}
        assert loaded.isdisjoint(HEAVY)

    def test_top_level_pulls_no_numerical_library(self):
        loaded = set(json.loads(python("import json, sys, patchprobe; print(json.dumps(list(sys.modules)))")))
        assert loaded.isdisjoint({"numpy", "scipy", "sklearn", "skimage", "cv2", "zarr", "dask"})

    @pytest.mark.parametrize("name", patchprobe.__all__)
    def test_public_name_is_there(self, name):
        assert getattr(patchprobe, name) is not None

    def test_unknown_name_is_not(self):
        with pytest.raises(AttributeError):
            patchprobe.nonsense  # noqa: B018

    def test_version_is_that_of_the_distribution(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert project["version"] == VERSION


class TestWithoutQt:
    def test_public_names_are_there(self):
        python(WITHOUT_QT + "import patchprobe\nfor name in patchprobe.__all__: getattr(patchprobe, name)")

    def test_segments_and_aligns(self):
        code = """
import numpy as np, patchprobe
plane = np.zeros((64, 64), np.uint8); plane[:, 32:] = 200
strokes = np.zeros((64, 64), np.uint8); strokes[5:60, 8] = 1; strokes[5:60, 50] = 2
embedding = patchprobe.embed(plane)
labels = patchprobe.LinearProbe().fit(embedding, strokes).predict(embedding)
print(labels[10, 10], labels[10, 55])
"""
        assert python(WITHOUT_QT + code) == "1 2"

    def test_command_line_answers(self):
        code = "sys.argv = ['patchprobe', '--version']; from patchprobe.cli import main; sys.exit(main())"
        assert VERSION in python(WITHOUT_QT + code)


def test_console_script_is_installed():
    script = Path(sys.executable).with_name("patchprobe")
    result = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert VERSION in result.stdout


class TestManifest:
    def test_is_the_one_at_the_top(self):
        assert MANIFEST.model_dump() == npe2.PluginManifest.from_file(ROOT / "napari.yaml").model_dump() | {
            "package_metadata": MANIFEST.model_dump()["package_metadata"]
        }

    def test_has_the_four_widgets(self):
        assert [w.display_name for w in MANIFEST.contributions.widgets] == ["Load", "Embed", "Probe", "Align"]

    @pytest.mark.parametrize("command", MANIFEST.contributions.commands, ids=lambda command: command.id)
    def test_every_contribution_resolves(self, command):
        assert callable(import_python_name(command.python_name))

    def test_validates_in_the_editable_install(self):
        assert "valid" in validate()


def validate(**environment: str) -> str:
    """Run ``npe2 validate --imports``, and assert that it looks at the installation that is meant."""
    return python(
        "import sys, npe2.cli; sys.argv[1:] = ['validate', 'patchprobe', '--imports']; npe2.cli.main()",
        **environment,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the source distribution, and the wheel built from that."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


class TestBuilt:
    NEEDED = ("napari.yaml", "py.typed", "__init__.pyi", "__init__.py", "io/stack.py")

    def test_wheel_holds_the_package_and_nothing_else(self, built):
        with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
            names = wheel.namelist()
            manifest = wheel.read("patchprobe/napari.yaml").decode()
        assert {f"patchprobe/{name}" for name in self.NEEDED} <= set(names)
        assert {name.partition("/")[0] for name in names} == {
            "patchprobe",
            f"patchprobe-{VERSION}.dist-info",
        }
        assert not [name for name in names if re.search(r"(^|/)tests?[/_]|__pycache__", name)]
        assert manifest == (ROOT / "napari.yaml").read_text("utf-8")

    def test_source_distribution_holds_the_manifest_as_a_file(self, built):
        with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
            members = {member.name.partition("/")[2]: member for member in archive.getmembers()}
        assert {f"src/patchprobe/{name}" for name in self.NEEDED} <= set(members)
        assert members["src/patchprobe/napari.yaml"].isfile()
        assert {"LICENSE", "README.md", "pyproject.toml"} <= set(members)

    def test_wheel_is_found_and_validates(self, built, tmp_path):
        wheel = next(built.glob("*.whl"))
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", tmp_path, wheel],
            check=True,
        )
        where = python("import patchprobe; print(patchprobe.__file__)", PYTHONPATH=str(tmp_path))
        assert Path(where).is_relative_to(tmp_path)
        assert "valid" in validate(PYTHONPATH=str(tmp_path))
