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
# # Allen Mouse Brain Atlas: structures from a few strokes
#
# The common coordinate framework (CCFv3; Wang et al., *The Allen mouse brain common coordinate framework:
# a 3D reference atlas*, Cell 181, 936–953, 2020, doi:10.1016/j.cell.2020.04.007) is the average brain of
# 1675 mice in two-photon autofluorescence, with some hundred structures outlined in it. The Allen
# Institute's terms of use allow research with citation.
#
# Strokes on three coronal planes teach a probe ventricles, cortex and fibre tracts; it predicts a plane
# between them. Without network this runs on a **miniature**: a drawn brain with three of the atlas's
# structures, in its file format (NRRD and a tree of names). Its numbers say that the steps work, and
# nothing about mice.

# %%
REAL_DATA = False  # True takes the atlas itself: about 40 MB at 25 µm
FOLDER = "allen-mouse"  # where it is, or is to be

# %%
import numpy as np

from patchprobe import (
    LinearProbe,
    datasets,
    embed,
    embed_stack,
    estimate_translation,
    metrics,
    patch_correlation,
    synthetic,
)
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes

# %% [markdown]
# ## Getting and loading the data

# %%
if REAL_DATA:
    datasets.download("allen-mouse", FOLDER)
else:
    datasets.miniature("allen-mouse", FOLDER, size=112)

# %%
stack = datasets.load("allen-mouse", FOLDER)
print(stack.axes, stack.shape, stack.voxel_size, stack.units[0])

# %% [markdown]
# `label_classes` holds the atlas's names. Structures are numbered as in the atlas, up to many thousands;
# a probe takes classes 1, 2, …, so those that cover most of the planes used here are numbered anew.

# %%
PAINTED = [round(stack.n_planes * share) for share in (0.35, 0.5, 0.65)]
OTHER = round(stack.n_planes * 0.42)

known = np.stack([stack.label_plane(plane) for plane in [*PAINTED, OTHER]])
structures, pixels = np.unique(known[known > 0], return_counts=True)
chosen = structures[np.argsort(-pixels)][:5]
known_as = {number: known.name.split(" (")[0] for number, known in stack.label_classes.items()}
names = {1: "outside"} | {
    number: known_as.get(int(structure), str(structure)) for number, structure in enumerate(chosen, start=2)
}
print("; ".join(names.values()))


# %%
def classes_of(plane):
    """1 outside the brain, 2, … for the chosen structures, 0 for all others."""
    structure = stack.label_plane(plane)
    classes = np.where(structure == 0, 1, 0).astype(np.uint8)
    for number, wanted in enumerate(chosen, start=2):
        classes[structure == wanted] = number
    return classes


# %% [markdown]
# ## Embedding and probe

# %%
BACKBONE = "filters"

painted = {plane: classes_of(plane) for plane in PAINTED}
strokes = {plane: draw_strokes(classes, per_class=3, seed=plane) for plane, classes in painted.items()}
embeddings = dict(embed_stack(stack, BACKBONE, [*PAINTED, OTHER]))
probe = LinearProbe(class_names=names).fit(
    [embeddings[plane] for plane in PAINTED], [strokes[plane] for plane in PAINTED], stack
)
print(f"strokes: {probe.strokes_}")
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %%
planes.segmentation(
    stack,
    PAINTED[0],
    names,
    strokes[PAINTED[0]],
    probe.predict(embeddings[PAINTED[0]]),
    painted[PAINTED[0]],
    title="One of the painted planes",
)

# %%
truth, found = classes_of(OTHER), probe.predict(embeddings[OTHER])
planes.segmentation(stack, OTHER, names, None, found, truth, title="A plane between them")

# %% [markdown]
# A confusion matrix says which structures are taken for which. Rows are what is true, and each sums to 1.

# %%
known_pixels = truth > 0
matrix = metrics.confusion_matrix(truth[known_pixels], found[known_pixels]).astype(float)
matrix /= matrix.sum(axis=1, keepdims=True)
short = [names[int(number)] for number in probe.classes_]
charts.heatmaps("confusion", "Confusion", {f"plane {OTHER}": matrix}, short, short, "true", "predicted")

# %% [markdown]
# Tissue that looks alike is told apart by where it is, which a probe on local features cannot know: in
# the real atlas, neighbouring nuclei and layers are confused however many strokes there are. Strokes find
# what has a look of its own; for the rest the atlas is registered to the brain.
#
# ## Synthetic evaluation
#
# Synthetic atlas plates: coloured regions, exact truth. F1 of regions after strokes on one image, over
# two scribblings.


# %%
def score(backbone, seed):
    """F1 on an unpainted image."""
    sample = synthetic.stack("atlas", n=2, size=128, seed=seed)
    first, other = (embedding for _, embedding in embed_stack(sample, backbone))
    fitted = LinearProbe().fit(first, draw_strokes(sample.labels[0], per_class=4, seed=seed))
    return metrics.f1_score(sample.labels[1], fitted.predict(other), label=2)


backbones = {
    "filters": "filters",
    "untrained": "placeholder-cnx-t",
    "both": "placeholder-cnx-t+filters",
}
scores = [[score(backbone, seed) for seed in range(2)] for backbone in backbones.values()]
charts.bars(
    "synthetic",
    "F1 of regions, synthetic atlas",
    list(backbones),
    {"F1 of regions": {"unpainted image": scores}},
)

# %% [markdown]
# ## Registration
#
# A plane and itself, displaced: as a slice under a microscope lies against the plane of the atlas.

# %%
SHIFT = (16, -16)

plane = stack.plane(OTHER).astype(np.float32)
moved = np.roll(plane, SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "placeholder-cnx-t", stack.normalisation()) for each in (plane, moved))
translation = estimate_translation(fixed, moving)
print(f"found {translation.shift[0]:.1f}, {translation.shift[1]:.1f} px; true {SHIFT}; {translation.status}")

# %%
show = stack.normalisation().apply
similarity = patch_correlation(fixed, moving)
planes.registration(show(plane), show(moved), similarity, translation, title="A known shift")

# %% [markdown]
# Empty patches around the brain are left out by the estimate; in the matrix they are the stripes.
