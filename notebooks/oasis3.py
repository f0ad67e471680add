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
# # OASIS-3: one plane or three?
#
# OASIS-3 (LaMontagne et al., medRxiv 2019, doi:10.1101/2019.12.13.19014902) holds MRI of 1378 people,
# healthy or with Alzheimer's disease, over many years, segmented by FreeSurfer. A data use agreement is
# signed once, and the data may not be passed on.
#
# A volume with cubic voxels can be cut into planes of three orientations. The question here: strokes on
# three axial planes, grey matter, white matter and the rest; what is gained by averaging three
# orientations? This runs on a **miniature**, a drawn head in the folders of the real set. Its numbers say
# that the steps work, and nothing about brains; `docs/triplanar_and_time.md` has numbers from a real
# template.

# %%
REAL_DATA = False  # True takes what you have put into the folder, see below
FOLDER = "oasis3"

# %%
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
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes

# %% [markdown]
# ## Getting the data

# %%
print(datasets.get_dataset("oasis3").access)
if not REAL_DATA:
    datasets.miniature("oasis3", FOLDER, size=72)

# %% [markdown]
# ## Loading
#
# The first item is one that FreeSurfer has segmented. Left and right structures have numbers of their
# own; here they are brought together.

# %%
stack = datasets.load("oasis3", FOLDER)
print(stack.axes, stack.shape, stack.voxel_size, stack.units[0])

CLASSES = {1: "other", 2: "grey matter", 3: "white matter"}
labels = np.asarray(stack.labels)
is_cortex = np.isin(labels, (3, 42)) | ((labels >= 1000) & (labels < 3000))
truth = np.select([is_cortex, np.isin(labels, (2, 41))], [2, 3], 1).astype(np.uint8)

# %% [markdown]
# ## Embedding and probe

# %%
BACKBONE = "filters"
PAINTED = [round(stack.n_planes * share) for share in (0.3, 0.5, 0.7)]
OTHER = round(stack.n_planes * 0.42)

strokes = {z: draw_strokes(truth[z], per_class=3, seed=z) for z in PAINTED}
embeddings = [embedding for _, embedding in embed_stack(stack, BACKBONE, PAINTED)]
probe = LinearProbe(class_names=CLASSES).fit(embeddings, list(strokes.values()), stack)
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %% [markdown]
# The probe was fitted on axial planes only. It serves the other orientations too: voxels are cubes, and
# tissue looks the same from all sides.

# %%
unseen = [z for z in range(stack.n_planes) if z not in PAINTED]
ways = {"axial only": None, "all three": Triplanar()}
volumes = {
    way: np.stack(list(predict_stack(stack, probe, fusion=fusion).planes())) for way, fusion in ways.items()
}
for way, volume in volumes.items():
    dice = [metrics.f1_score(truth[unseen], volume[unseen], label=number) for number in CLASSES]
    print(f"{way:10}" + "".join(f"  {CLASSES[n]} {value:.3f}" for n, value in enumerate(dice, start=1)))

# %%
planes.segmentation(
    stack,
    OTHER,
    CLASSES,
    None,
    volumes["all three"][OTHER],
    truth[OTHER],
    title="A plane without strokes, predicted in three orientations",
)

# %% [markdown]
# Noise differs between orientations and averages out; what all three see alike stays. With filters the
# gain is small, here as on the real template of the documentation. It is larger for networks, whose
# patches blur across their plane.
#
# On the command line: `patchprobe predict brain.nii.gz probe.safetensors --triplanar --output
# labels.ome.tif`.
#
# ## Synthetic evaluation
#
# Synthetic MRI has a lesion in each image. How many strokes does it take to find it in images that were
# not painted?

# %%
COUNTS = (1, 2, 4, 8)


def score(backbone, count):
    """F1 on two images after so many strokes of each class on another one."""
    sample = synthetic.stack("mri", n=3, size=96, seed=2)
    first, *others = [embedding for _, embedding in embed_stack(sample, backbone)]
    f1 = []
    for seed in range(3):
        fitted = LinearProbe().fit(first, draw_strokes(sample.labels[0], per_class=count, seed=seed))
        found = np.stack([fitted.predict(embedding) for embedding in others])
        f1.append(metrics.f1_score(sample.labels[1:], found, label=2))
    return np.mean(f1)


backbones = {"filters": "filters", "untrained": "placeholder-cnx-t"}
f1 = {title: [score(name, count) for count in COUNTS] for title, name in backbones.items()}
charts.curves(
    "strokes", "F1 of lesions against strokes", COUNTS, {"synthetic MRI": f1}, "strokes of each class", "F1"
)

# %% [markdown]
# ## Registration
#
# Sessions of one person are years apart, and the head lies elsewhere each time.

# %%
SHIFT = (16, 16)

plane = stack.plane(OTHER).astype(np.float32)
moved = np.roll(plane, SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "placeholder-cnx-t", stack.normalisation()) for each in (plane, moved))
translation = estimate_translation(fixed, moving)
print(f"found {translation.shift[0]:.1f}, {translation.shift[1]:.1f} px; true {SHIFT}; {translation.status}")

# %%
show = stack.normalisation().apply
similarity = patch_correlation(fixed, moving)
planes.registration(show(plane), show(moved), similarity, translation, title="A known shift")
