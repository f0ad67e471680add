from __future__ import annotations

import numpy as np
import tifffile

from patchprobe import load_stack
from patchprobe._load_work import for_fields


def test_notes_of_a_bare_file_name_the_fields_of_the_widget(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 8, 8), np.uint8))
    axes, voxel = (for_fields(note) for note in load_stack(tmp_path / "a.tif").notes)
    assert axes.endswith("If that is wrong, write tyx under Axes.")
    assert voxel == "The voxel size is not in the file. Fill it in under Voxel."
