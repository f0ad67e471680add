# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # TCGA: nuclei on slides of gliomas, and the tumour in scans
#
# The Cancer Genome Atlas holds whole slides (H&E) of glioblastomas and lower-grade gliomas, and The
# Cancer Imaging Archive has MRI of the same people: TCGA-GBM (Scarpace et al., 2016,
# doi:10.7937/K9/TCIA.2016.RNYFUYE9), TCGA-LGG (Pedano et al., 2016, doi:10.7937/K9/TCIA.2016.L4LTD3TK),
# segmentations by Bakas et al. (2017, doi:10.7937/K9/TCIA.2017.KLXWJJ1Q). Slides are open; scans of heads
# need an agreement.
#
# This notebook opens a slide at a level of its pyramid, finds tissue and nuclei from strokes, and does
# the same for the tumour in a scan. It runs on a **miniature**, a drawn slide in Aperio's format, a DICOM
# series and a scan with its tumour. Its numbers say that the steps work, and nothing about gliomas.

# %%
REAL_DATA = False  # True takes what you have put into the folder, see below
FOLDER = "tcga"

# %%
from dataclasses import replace
from pathlib import Path

import numpy as np

from patchprobe import (
    LinearProbe,
    Triplanar,
    datasets,
    embed,
    embed_stack,
    estimate_translation,
    metrics,
    patch_correlation,
    predict_stack,
    synthetic,
)
from patchprobe.datasets import tcga
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes

# %% [markdown]
# ## Getting the data
#
# No program can fetch these files for you: slides are chosen in the portal of the Genomic Data Commons,
# scans in that of the Imaging Archive.

# %%
print(datasets.get_dataset("tcga").access)
if not REAL_DATA:
    datasets.miniature("tcga", FOLDER, size=80)

# %%
items = datasets.items("tcga", FOLDER)
slides = [item for item in items if item.endswith(".svs")]
scans = [item for item in items if item.endswith(".nii.gz")]
print(
    f"{len(slides)} slide, {len(scans)} prepared scans, {len(items) - len(slides) - len(scans)} DICOM series"
)

# %% [markdown]
# ## A slide
#
# A slide is a pyramid; level 0 is the finest. A real one has some billion pixels there, so a coarser
# level is opened to look around. Nuclei need the finest one: on a real slide, take a crop of it.

# %%
whole = tcga.load(Path(FOLDER), slides[0], level=0)
crop = (slice(0, 176), slice(0, 176))
slide = replace(whole, data=whole.data[crop], labels=whole.labels[crop])
print(slide.axes, slide.shape, f"{slide.voxel_size[0]:.3g} {slide.units[0]} a pixel")

# %% [markdown]
# Slides have no truth of their own; the miniature brings a mask: 0 glass, 1 tissue, 2 nuclei.

# %%
CLASSES = {1: "glass", 2: "tissue", 3: "nucleus"}
truth = slide.label_plane() + 1
strokes = draw_strokes(truth, per_class=6, seed=0)
embedding = embed(slide.plane(), "filters", slide.normalisation())
probe = LinearProbe(class_names=CLASSES).fit(embedding, strokes, slide)
found = probe.predict(embedding)
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %%
planes.segmentation(slide, 0, CLASSES, strokes, found, truth, title="Tissue and nuclei")

# %%
for number, name in CLASSES.items():
    print(f"{name:8} F1 {metrics.f1_score(truth, found, label=number):.2f}")

# %% [markdown]
# Strokes take part in these scores, which flatters them a little: they are below one in a hundred pixels.
#
# ## A scan
#
# The prepared scans have cubic voxels, so each voxel can be seen in three planes and its logits averaged:
# strokes on two axial planes, once predicted plane by plane and once in three orientations.

# %%
scan = datasets.load("tcga", FOLDER, scans[0])
tumour = (np.asarray(scan.labels) > 0).astype(np.uint8) + 1
widest = int((tumour == 2).sum(axis=(1, 2)).argmax())

both = [widest - 3, widest + 3]
painted = [draw_strokes(tumour[z], per_class=12, seed=z) for z in both]
of_planes = [embedding for _, embedding in embed_stack(scan, "filters", both)]
scan_probe = LinearProbe(class_names={1: "other", 2: "tumour"}).fit(of_planes, painted, scan)
others = [z for z in range(scan.n_planes) if z not in both]
for title, fusion in (("plane by plane", None), ("three planes", Triplanar())):
    predicted = predict_stack(scan, scan_probe, fusion=fusion)
    volume = np.stack([predicted.plane(z) for z in range(scan.n_planes)])
    print(f"{title:14} Dice of the tumour {metrics.f1_score(tumour[others], volume[others], label=2):.2f}")

# %%
planes.segmentation(
    scan,
    widest,
    {1: "other", 2: "tumour"},
    None,
    volume[widest],
    tumour[widest],
    title="A plane without strokes, predicted in three orientations",
)

# %% [markdown]
# Averaging changes little here. In the plane shown the tumour is found a little too wide: strokes keep
# away from rims, so a probe has to guess where they lie.
#
# ## Synthetic evaluation
#
# Synthetic histology: round and long nuclei on pink tissue. How much do colours tell?


# %%
def score(in_colour, seed):
    """F1 of nuclei on an unpainted image, in colour or in grey."""
    sample = synthetic.stack("histology", n=2, size=96, seed=seed)
    images = sample.data if in_colour else sample.data.mean(axis=-1)
    first, other = (embed(image, "filters") for image in images)
    fitted = LinearProbe().fit(first, draw_strokes(sample.labels[0], per_class=4, seed=seed))
    return metrics.f1_score(sample.labels[1], fitted.predict(other), label=2)


scores = {name: [[score(name == "colour", seed) for seed in range(2)]] for name in ("colour", "grey")}
charts.bars("synthetic", "F1 of nuclei, synthetic histology", ["nuclei"], {"F1": scores})

# %% [markdown]
# Nuclei are darker than tissue as well as bluer, so that grey is enough here; on real slides, where blood
# and pigment are dark too, colour is what tells them apart.
#
# ## Registration
#
# Neighbouring slides are never in the same place on the glass. Here the slide is displaced by a known
# amount.

# %%
SHIFT = (32, -16)

plane = slide.plane().astype(np.float32)
moved = np.roll(plane, SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "placeholder-cnx-t", slide.normalisation()) for each in (plane, moved))
translation = estimate_translation(fixed, moving)
print(f"found {translation.shift[0]:.1f}, {translation.shift[1]:.1f} px; true {SHIFT}; {translation.status}")

# %%
show = [slide.normalisation().apply(each).mean(axis=-1) for each in (plane, moved)]
planes.registration(*show, patch_correlation(fixed, moving), translation, title="A known shift")

# %% [markdown]
# Tissue looks like tissue, so most patches correlate well with most others; nuclei and the rim carry the
# shift.
