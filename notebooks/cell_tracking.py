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
# # Cell Tracking Challenge: cells in phase contrast
#
# The Cell Tracking Challenge (Maška et al., *The Cell Tracking Challenge: 10 years of objective
# benchmarking*, Nature Methods 20, 1010–1020, 2023, doi:10.1038/s41592-023-01879-y) gives movies of
# moving and dividing cells, with outlines in some frames and identities in all. Its conditions: cite it;
# publications outside the challenge need leave of the data's providers.
#
# Strokes on one frame, cells in all of them, split into objects and counted. This runs on a
# **miniature**, drawn cells in the folders of PhC-C2DH-U373. Its numbers say that the steps work, and
# nothing about U373 cells.

# %%
REAL_DATA = False  # True takes the set itself: some 40 MB
FOLDER = "cell-tracking"

# %%
from pathlib import Path

import numpy as np

from patchprobe import (
    LinearProbe,
    TimeWindow,
    datasets,
    embed,
    embed_stack,
    estimate_translation,
    find_objects_in_stack,
    metrics,
    patch_correlation,
    predict_stack,
    synthetic,
)
from patchprobe.datasets.cell_tracking import load_tracks
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes
from patchprobe.objects import ObjectSettings

# %% [markdown]
# ## Getting and loading the data

# %%
if REAL_DATA:
    datasets.download("cell-tracking", FOLDER, parts=("PhC-C2DH-U373",))
else:
    datasets.miniature("cell-tracking", FOLDER, size=128)

# %%
movie = datasets.load("cell-tracking", FOLDER)
print(movie.axes, movie.shape, movie.voxel_size, movie.units)
tracks = load_tracks(Path(FOLDER))
print(f"{len(tracks)} tracks, {sum(track.parent > 0 for track in tracks)} of them daughters of a division")

# %% [markdown]
# ## Embedding and probe
#
# Frames that have no outlines have no truth; only those with some are judged.

# %%
CLASSES = {1: "background", 2: "cell"}
outlined = [t for t in range(movie.n_planes) if movie.label_plane(t).any()]
truth = {t: (movie.label_plane(t) > 0).astype(np.uint8) + 1 for t in outlined}
PAINTED, OTHER = outlined[0], outlined[-1]

strokes = draw_strokes(truth[PAINTED], per_class=6, seed=0)
[(_, embedding)] = embed_stack(movie, "filters", [PAINTED])
probe = LinearProbe(class_names=CLASSES).fit(embedding, strokes, movie)
prediction = predict_stack(movie, probe)
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %%
planes.segmentation(
    movie,
    PAINTED,
    CLASSES,
    strokes,
    prediction.plane(PAINTED),
    truth[PAINTED],
    title="The painted frame",
)

# %%
planes.segmentation(
    movie, OTHER, CLASSES, None, prediction.plane(OTHER), truth[OTHER], title="The last frame with outlines"
)

# %% [markdown]
# ## Cells rather than pixels
#
# Probabilities become objects: holes filled, small ones left out, touching ones split. The challenge's
# measure of detection and outline is how well objects overlap.

# %%
settings = ObjectSettings(number=2, fill_holes=30, split_diameter=12, min_size=30)
objects = find_objects_in_stack(
    movie, predict_stack(movie, probe, kind="probabilities"), settings, probe.classes_
)
for t in outlined[1:]:
    match = metrics.match_instances(movie.label_plane(t), objects.labels[t])
    print(
        f"frame {t}: {match.matched} cells matched, {match.missed} missed, {match.wrong} wrong; "
        f"mean overlap {match.mean_iou:.2f}"
    )

# %% [markdown]
# ## Windows in time
#
# Neighbouring frames can vote on a pixel. That helps against noise, and hurts what moves: a cell that has
# moved on leaves its vote behind.

# %%
frames = [t for t in outlined if t != PAINTED]


def dice(fusion):
    """Dice of each unpainted frame."""
    labels = predict_stack(movie, probe, fusion=fusion)
    return [metrics.f1_score(truth[t], labels.plane(t), label=2) for t in frames]


WINDOWS = (1, 3, 5)
charts.bars(
    "windows",
    "Dice by the length of the window",
    [f"{length} frames" if length > 1 else "1 frame" for length in WINDOWS],
    {"Dice of cells": {"unpainted frames": [dice(TimeWindow(length)) for length in WINDOWS]}},
)

# %% [markdown]
# The miniature's frames have little noise and its cells move by several pixels a frame, so here a window
# only blurs: leave it at one frame. The notebook on Neurofinder shows the other case, noise on what stays
# in place.
#
# ## Synthetic evaluation
#
# Synthetic cells that drift: how many strokes does it take? Each point is the mean over three
# scribblings.

# %%
COUNTS = (1, 2, 4, 8)


def score(backbone, count):
    """F1 on two later frames after so many strokes of each class on the first one."""
    sample = synthetic.stack("tracking", n=3, size=96, seed=1)
    known = (np.asarray(sample.labels) > 0).astype(np.uint8) + 1
    first, *others = [embedding for _, embedding in embed_stack(sample, backbone)]
    f1 = []
    for seed in range(2):
        fitted = LinearProbe().fit(first, draw_strokes(known[0], per_class=count, seed=seed))
        found = np.stack([fitted.predict(embedding) for embedding in others])
        f1.append(metrics.f1_score(known[1:], found, label=2))
    return np.mean(f1)


backbones = {"filters": "filters", "untrained": "placeholder-cnx-t"}
f1 = {title: [score(name, count) for count in COUNTS] for title, name in backbones.items()}
charts.curves(
    "strokes", "F1 of cells against strokes", COUNTS, {"synthetic cells": f1}, "strokes of each class", "F1"
)

# %% [markdown]
# Filters see single pixels and outline a cell at once; the network without training sees patches of 16
# px, wider than these cells.
#
# ## Registration
#
# A stage that drifts moves all cells alike. A frame against itself, displaced by a known amount:

# %%
SHIFT = (-16, 32)

plane = movie.plane(PAINTED).astype(np.float32)
moved = np.roll(plane, SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "placeholder-cnx-t", movie.normalisation()) for each in (plane, moved))
translation = estimate_translation(fixed, moving)
print(f"found {translation.shift[0]:.1f}, {translation.shift[1]:.1f} px; true {SHIFT}; {translation.status}")

# %%
show = movie.normalisation().apply
similarity = patch_correlation(fixed, moving)
planes.registration(show(plane), show(moved), similarity, translation, title="A known shift")
