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
# # IXI: a probe from one hospital on the scans of another
#
# IXI (<https://brain-development.org/ixi-dataset/>, EPSRC GR/S21533/02, CC BY-SA 3.0) holds MRI of nearly
# 600 healthy people from three hospitals in London, with different scanners. Voxels are 0.94 × 0.94 × 1.2
# mm.
#
# A probe is painted on a scan from one hospital, saved, and applied to a scan from another. Before it
# predicts, it says how the new image differs from what it has learned from. This runs on a **miniature**:
# two drawn heads in the file format of the set. Its numbers say that the steps work, and nothing about
# hospitals.

# %%
REAL_DATA = False  # True takes the set itself: 4.5 GB for T1
FOLDER = "ixi"

# %%
import numpy as np

from patchprobe import (
    LinearProbe,
    Triplanar,
    datasets,
    embed,
    embed_stack,
    estimate_translation,
    load_probe,
    metrics,
    patch_correlation,
    predict_stack,
    synthetic,
)
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes

# %% [markdown]
# ## Getting and loading the data
#
# IXI itself has no truth. A segmentation that lies beside an image, such as FSL FAST writes, is taken as
# labels; the miniature brings one.

# %%
if REAL_DATA:
    datasets.download("ixi", FOLDER)
else:
    datasets.miniature("ixi", FOLDER, size=64)

# %%
items = datasets.items("ixi", FOLDER)
guys, hammersmith = (next(item for item in items if f"-{site}-" in item) for site in ("Guys", "HH"))
stack, other_site = (datasets.load("ixi", FOLDER, item) for item in (guys, hammersmith))
print(stack.name, stack.shape, stack.voxel_size, stack.units[0])
print(other_site.name, other_site.shape)

# %% [markdown]
# ## Embedding and probe
#
# Classes of the segmentation are 0 outside, 1 CSF, 2 grey and 3 white matter; a probe wants 1 and up.

# %%
CLASSES = {1: "outside", 2: "CSF", 3: "grey matter", 4: "white matter"}
BACKBONE = "filters"
PAINTED = [round(stack.n_planes * share) for share in (0.35, 0.6)]
OTHER = round(stack.n_planes * 0.48)

truth = np.asarray(stack.labels).astype(np.uint8) + 1
strokes = [draw_strokes(truth[z], per_class=3, seed=z) for z in PAINTED]
embeddings = [embedding for _, embedding in embed_stack(stack, BACKBONE, PAINTED)]
probe = LinearProbe(class_names=CLASSES).fit(embeddings, strokes, stack)
probe.save("tissue.safetensors")
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %% [markdown]
# ## The other hospital

# %%
loaded = load_probe("tissue.safetensors")
print("\n".join(loaded.differences(other_site)) or "no difference that matters is known")

# %% [markdown]
# Voxels are a quarter longer along one axis. Planes across it are resampled to square pixels before they
# are embedded, and their logits are brought back: the prediction has the voxels of the scan.

# %%
volumes = {
    way: np.stack(list(predict_stack(stack, loaded, fusion=fusion).planes()))
    for way, fusion in (("plane by plane", None), ("three planes", Triplanar()))
}
elsewhere = predict_stack(other_site, loaded)

if other_site.labels is None:
    print("no segmentation beside the other scan: look at the figure below")
for way in ("plane by plane", "three planes"):
    unseen = [z for z in range(stack.n_planes) if z not in PAINTED]
    scores = [metrics.f1_score(truth[unseen], volumes[way][unseen], label=number) for number in CLASSES]
    print(f"{way:14}" + "".join(f"  {CLASSES[i + 1]} {score:.3f}" for i, score in enumerate(scores)))

# %% [markdown]
# Which of the two ways is better depends on the tissue: here CSF and white matter gain by averaging, and
# grey matter, a thin ribbon between the two, loses a little. Look at your own data before you choose.

# %%
planes.segmentation(
    stack,
    OTHER,
    CLASSES,
    None,
    volumes["three planes"][OTHER],
    truth[OTHER],
    title="A plane without strokes, of the scan that was painted",
)

# %%
planes.segmentation(
    other_site,
    OTHER,
    CLASSES,
    None,
    elsewhere.plane(OTHER),
    title="The scan of the other hospital",
)

# %% [markdown]
# ## Synthetic evaluation
#
# How far does a probe reach? It is painted on clean synthetic MRI and tried on images with more and more
# noise.

# %%
NOISE = (0.02, 0.04, 0.08, 0.16)


def scores_under_noise(backbone):
    """F1 of lesions in an unpainted image, by the noise that is added to it."""
    sample = synthetic.stack("mri", n=2, size=96, seed=2)
    first = embed(sample.plane(0), backbone, sample.normalisation())
    fitted = LinearProbe().fit(first, draw_strokes(sample.labels[0], per_class=4, seed=0))
    grain = np.random.default_rng(0).standard_normal(sample.plane(1).shape)
    found = [
        fitted.predict(embed(sample.plane(1) + noise * grain, backbone, sample.normalisation()))
        for noise in NOISE
    ]
    return [metrics.f1_score(sample.labels[1], labels, label=2) for labels in found]


f1 = {backbone: scores_under_noise(backbone) for backbone in ("filters", "placeholder-cnx-t")}
charts.curves(
    "noise",
    "F1 of lesions under noise that was not painted",
    NOISE,
    {"synthetic MRI": f1},
    "standard deviation of the noise",
    "F1",
)

# %% [markdown]
# Filters find the lesion best as long as the noise is near to what they were painted on; beyond, they
# take noise for structure. Patches of an untrained network see little and lose little. Paint a few
# strokes on the noisy image: a probe can learn from both.
#
# ## Registration
#
# The same head in another place: displaced by a known amount.

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
