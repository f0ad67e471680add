"""Align displaced serial sections, one of them missing, and say how each one went."""

import numpy as np

from patchprobe import align_stack
from patchprobe.synthetic import serial_sections

sections = serial_sections(n=8, size=192, seed=1, rotation=0)
stack = sections.to_stack()

alignment = align_stack(stack)
print(alignment.summary())
for number, section in enumerate(alignment.sections):
    dy, dx = section.shift
    print(f"  section {number}: {section.status:8} shift {dy:6.1f}, {dx:6.1f} px  {section.reason}")

aligned = alignment.apply(stack, output="union")
print(f"aligned stack: {aligned.shape}, voxels of {aligned.voxel_size} {aligned.units[0]}")

# transforms go from a section to the frame, alignments from the frame to a section.
truth = -sections.transforms[:, :2, 2]
good = [number for number, section in enumerate(alignment.sections) if section.status != "failed"]
error = np.linalg.norm(alignment.shifts[good] - truth[good], axis=1)
print(f"largest error against the truth: {error.max():.1f} px")
