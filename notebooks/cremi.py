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
# # CREMI: membranes and neurites of a fly's brain
#
# The MICCAI challenge on circuit reconstruction (CREMI, 2016, <https://cremi.org>) gives three volumes of
# serial-section electron microscopy of an adult fly's brain, 125 sections of 1250 × 1250 px each, with
# voxels of 40 × 4 × 4 nm. Every neuron and every synaptic cleft is marked.
#
# This notebook paints a few strokes on one section, predicts membranes in the others, turns them into
# neurites, and scores both as the challenge does. It runs as it is, without network: on a **miniature**
# with the file layout of the real set and drawn sections in it. Numbers from the miniature say that the
# steps work. They say nothing about real tissue; for that, set the switch below.

# %%
REAL_DATA = False  # True takes the data set itself: 0.2 GB for one volume
FOLDER = "cremi"  # where it is, or is to be

# %%
import numpy as np
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import h_minima
from skimage.segmentation import find_boundaries, watershed

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
# ## Getting the data
#
# The volumes can be downloaded directly. What is there already is not downloaded again.

# %%
if REAL_DATA:
    datasets.download("cremi", FOLDER, parts=("A",))
else:
    datasets.miniature("cremi", FOLDER, size=112)

# %% [markdown]
# ## Loading
#
# Sections are read as they are needed; voxel size and truth come from the file. `labels` are the neurons,
# one number each.

# %%
stack = datasets.load("cremi", FOLDER, "A")
print(stack.axes, stack.shape, stack.voxel_size, stack.units[0])

# %% [markdown]
# CREMI marks neurons rather than membranes. A membrane is where two neurons meet.


# %%
def membranes(neurons):
    """1 inside a neuron, 2 on a membrane."""
    return np.where(find_boundaries(neurons, mode="thick") | (neurons == 0), 2, 1).astype(np.uint8)


CLASSES = {1: "cell", 2: "membrane"}
truth = np.stack([membranes(stack.label_plane(z)) for z in range(stack.n_planes)])

# %% [markdown]
# ## Embedding and probe
#
# Strokes on section 0 are drawn by a program here, thin and inside one class, as a person would paint
# them. In napari you paint them yourself and the prediction follows each stroke. `filters` needs no
# download; the name of a network, such as `"dinov2-small+filters"`, takes its place where weights are at
# hand.

# %%
BACKBONE = "filters"
PAINTED, OTHER = 0, 6

strokes = draw_strokes(truth[PAINTED], per_class=8, seed=0)
embeddings = [embedding for _, embedding in embed_stack(stack, BACKBONE)]
probe = LinearProbe(class_names=CLASSES).fit(embeddings[PAINTED], strokes, stack)
predicted = np.stack([probe.predict(embedding) for embedding in embeddings])
print(f"{(strokes > 0).mean():.1%} of section {PAINTED} painted")
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %%
planes.segmentation(
    stack, PAINTED, CLASSES, strokes, predicted[PAINTED], truth[PAINTED], title="The painted section"
)

# %% [markdown]
# The next figure is a section without any strokes. This is the one to judge by.

# %%
planes.segmentation(stack, OTHER, CLASSES, None, predicted[OTHER], truth[OTHER], title="Another section")

# %%
unseen = [z for z in range(stack.n_planes) if z != PAINTED]
print(f"membranes of {len(unseen)} unpainted sections:")
print(f"  F1        {metrics.f1_score(truth[unseen], predicted[unseen], label=2):.2f}")
print(f"  precision {metrics.precision(truth[unseen], predicted[unseen], label=2):.2f}")
print(f"  recall    {metrics.recall(truth[unseen], predicted[unseen], label=2):.2f}")

# %% [markdown]
# ## From membranes to neurites
#
# The challenge scores neurons, not membranes: by variation of information (bits lost by splits and by
# merges) and by the adapted Rand error. A watershed on the probability of membrane gives pieces, here
# section by section, which are compared with the connected pieces of the truth.


# %%
def neurites(embedding):
    """Pieces between membranes: a watershed from every valley that is deep enough."""
    membrane = ndimage.gaussian_filter(probe.predict_proba(embedding)[..., 1], 1)
    seeds, _ = ndimage.label(h_minima(membrane, 0.2))
    return watershed(membrane, seeds)


for z in unseen[::3]:
    pieces, known = neurites(embeddings[z]), label(stack.label_plane(z), background=0)
    information = metrics.variation_of_information(known, pieces)
    print(
        f"section {z}: {pieces.max()} pieces of {known.max()}; split {information.split:.2f} bits, "
        f"merge {information.merge:.2f} bits, "
        f"adapted Rand error {metrics.adapted_rand_error(known, pieces):.2f}"
    )

# %% [markdown]
# The miniature's membranes are thick and cut straight across, so the errors are small. On the real
# volumes a linear probe on one section is a start: a membrane that is cut obliquely is a grey smear, and
# neurons have to be followed from section to section.
#
# ## Synthetic evaluation
#
# How many strokes does it take? Synthetic EM has exact truth: vesicles, bright spots in noise. Each point
# is the mean over three images that were not painted, after each of two scribblings.

# %%
COUNTS = (1, 2, 4, 8)


def score(backbone, count):
    """F1 on three images after so many strokes of each class on another one."""
    sample = synthetic.stack("em", n=4, size=96, seed=1)
    first, *others = [embedding for _, embedding in embed_stack(sample, backbone)]
    f1 = []
    for seed in range(2):
        fitted = LinearProbe().fit(first, draw_strokes(sample.labels[0], per_class=count, seed=seed))
        found = np.stack([fitted.predict(embedding) for embedding in others])
        f1.append(metrics.f1_score(sample.labels[1:], found, label=2))
    return np.mean(f1)


backbones = {
    "filters": "filters",
    "untrained": "placeholder-cnx-t",
    "both": "placeholder-cnx-t+filters",
}
f1 = {title: [score(name, count) for count in COUNTS] for title, name in backbones.items()}
charts.curves(
    "strokes", "F1 of vesicles against strokes", COUNTS, {"synthetic EM": f1}, "strokes of each class", "F1"
)

# %% [markdown]
# *Untrained* is a network whose weights were never learned. Bright spots on a darker ground are an easy
# task: one or two strokes of each class are about as good as eight, and what helps on real membranes
# cannot be told from it. Read the synthetic curves for whether the steps work, and real tissue for which
# features to take.
#
# ## Registration
#
# Sections are displaced against each other. Here a section is displaced by a known amount, and both are
# embedded. In the matrix of all patches against all patches, a shift shows as a bright line beside the
# diagonal.

# %%
SHIFT = (16, -32)

plane = stack.plane(OTHER).astype(np.float32)
moved = np.roll(plane, SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "placeholder-cnx-t", stack.normalisation()) for each in (plane, moved))
found = estimate_translation(fixed, moving)
error = np.hypot(*np.subtract(found.shift, SHIFT))
print(
    f"found {found.shift[0]:.1f}, {found.shift[1]:.1f} px; true {SHIFT}; error {error:.2f} px; {found.status}"
)

# %%
show = stack.normalisation().apply
planes.registration(show(plane), show(moved), patch_correlation(fixed, moving), found, title="A known shift")
