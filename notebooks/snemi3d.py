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
# # SNEMI3D: which classifier for the membranes of a mouse's cortex?
#
# SNEMI3D (Kasthuri et al., *Saturated reconstruction of a volume of neocortex*, Cell 162, 648–661, 2015;
# data: doi:10.5281/zenodo.7142003, CC BY 4.0) is a block of mouse cortex in serial-section electron
# microscopy: 100 sections of 1024 × 1024 px, voxels of 30 × 6 × 6 nm, every neurite marked.
#
# The question here: strokes are the same, features are the same; how much does the classifier matter, and
# do strokes that are held out tell which one to take? The notebook runs without network on a
# **miniature**, drawn sections in the file layout of the real set. Set the switch for real tissue.

# %%
REAL_DATA = False  # True takes the data set itself: 0.2 GB
FOLDER = "snemi3d"  # where it is, or is to be

# %%
import numpy as np
from skimage.segmentation import find_boundaries

from patchprobe import (
    compare_classifiers,
    datasets,
    embed,
    embed_stack,
    estimate_translation,
    make_classifier,
    metrics,
    patch_correlation,
    synthetic,
)
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes
from patchprobe.probe import read_rows
from patchprobe.steps import finish

# %% [markdown]
# ## Getting and loading the data

# %%
if REAL_DATA:
    datasets.download("snemi3d", FOLDER)
else:
    datasets.miniature("snemi3d", FOLDER, size=112)

# %%
stack = datasets.load("snemi3d", FOLDER, "train")
print(stack.axes, stack.shape, stack.voxel_size, stack.units[0])

CLASSES = {1: "neurite", 2: "membrane"}
truth = np.stack(
    [
        np.where(find_boundaries(neurites, mode="thick") | (neurites == 0), 2, 1)
        for neurites in (stack.label_plane(z) for z in range(stack.n_planes))
    ]
).astype(np.uint8)

# %% [markdown]
# ## Embedding and probes
#
# Strokes are drawn on two sections by a program, as a person would paint them. Every classifier sees the
# same rows: the features under the strokes.

# %%
BACKBONE = "filters"
PAINTED, OTHER = (0, 5), 3

embeddings = [embedding for _, embedding in embed_stack(stack, BACKBONE)]
strokes = {z: draw_strokes(truth[z], per_class=5, seed=z) for z in PAINTED}
rows = [read_rows(embeddings[z], strokes[z], stack) for z in PAINTED]
seen = [embeddings[z] for z in PAINTED]

comparison = finish(compare_classifiers(rows, seen, names=("linear", "auto-context", "forest")))
print(comparison.in_words())

# %% [markdown]
# That was judged by strokes that each classifier had not seen: all that there is to go by on new data.
# Here truth is at hand, so the judgement can be judged.

# %%
unseen = [z for z in range(stack.n_planes) if z not in PAINTED]
held_out, f1, found = {}, {}, {}
for candidate in comparison.candidates:
    probe = make_classifier(candidate.name, class_names=CLASSES).fit_rows(rows, seen)
    found[candidate.title] = np.stack([probe.predict(embeddings[z]) for z in unseen])
    held_out[candidate.title] = [candidate.held_out.accuracy]
    f1[candidate.title] = [
        metrics.f1_score(truth[z], plane, label=2)
        for z, plane in zip(unseen, found[candidate.title], strict=True)
    ]
titles = list(f1)
charts.bars(
    "classifiers",
    "Held-out accuracy and F1 of unpainted sections",
    titles,
    {
        "accuracy on held-out strokes": {
            "from strokes on two sections": [held_out[title] for title in titles]
        },
        "F1 of membranes": {"from strokes on two sections": [f1[title] for title in titles]},
    },
)

# %% [markdown]
# Whiskers are the standard deviation over sections. Where bars differ by less, the simplest classifier is
# the one to keep; the comparison recommends just that.

# %%
best = found[comparison.recommended.title][unseen.index(OTHER)]
planes.segmentation(stack, OTHER, CLASSES, None, best, truth[OTHER], title="A section without strokes")

# %% [markdown]
# ## Synthetic evaluation
#
# The same question on synthetic connectomics images, bright neurites that branch in the dark, over two
# scribblings each.


# %%
def score(name, seed):
    """F1 of a classifier on one unpainted image."""
    sample = synthetic.stack("connectomics", n=2, size=80, seed=seed)
    first, other = (embedding for _, embedding in embed_stack(sample, BACKBONE))
    fitted = make_classifier(name).fit(first, draw_strokes(sample.labels[0], per_class=4, seed=seed))
    return metrics.f1_score(sample.labels[1], fitted.predict(other), label=2)


names = [candidate.name for candidate in comparison.candidates]
charts.bars(
    "synthetic",
    "F1 of neurites, synthetic connectomics",
    titles,
    {"F1 of neurites": {"unpainted image": [[score(name, seed) for seed in range(2)] for name in names]}},
)

# %% [markdown]
# ## Registration
#
# A section against itself, displaced by a known amount: the shift is the bright line beside the diagonal.

# %%
SHIFT = (32, 16)

plane = stack.plane(OTHER).astype(np.float32)
moved = np.roll(plane, SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "placeholder-cnx-t", stack.normalisation()) for each in (plane, moved))
translation = estimate_translation(fixed, moving)
print(f"found {translation.shift[0]:.1f}, {translation.shift[1]:.1f} px; true {SHIFT}; {translation.status}")

# %%
show = stack.normalisation().apply
similarity = patch_correlation(fixed, moving)
planes.registration(show(plane), show(moved), similarity, translation, title="A known shift")
