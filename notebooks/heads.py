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
# # Heads: what should sit on frozen features?
#
# Features are computed once and stay as they are; what learns from strokes is a small head. Three are
# compared: logistic regression (`LinearProbe`), a small network (`MLPProbe`) and a linear map fitted by
# cross-entropy and Dice (`LinearSegHead`), from the same strokes. The last one also gets the whole mask
# of the painted image, which tells how much of a gap is for lack of labels.
#
# It runs on synthetic images with exact truth, in a quick form: fewer scribblings, and `LinearSegHead`
# stops early. `patchprobe evaluate heads` runs all of it, on seven modalities.

# %%
REAL_DATA = False  # True compares them on real data as well
FOLDER = "data"  # which lies there, as docs/evaluation.md says

# %%

import numpy as np

from patchprobe import evaluation
from patchprobe.evaluation import charts, planes
from patchprobe.evaluation.comparisons import compare_heads
from patchprobe.evaluation.task import synthetic_task

# %% [markdown]
# ## Three modalities
#
# Strokes on one image, three others judged; mean of two scribblings.

# %%
TITLES = ("logistic", "MLP", "CE + Dice", "CE + Dice, mask")


def scores_of(modality):
    """F1 of the foreground by head."""
    task = synthetic_task(modality, painted=1, judged=3, size=96, seed=0)
    found = compare_heads(task, "filters", task.scribbles(2, seed=0), quick=True, tell=lambda name: None)
    return [[score.f1 for score in scores] for scores in found.scores.values()]


modalities = ("histology", "calcium", "tracking")
found = {modality: scores_of(modality) for modality in modalities}
f1 = {title: [found[modality][i] for modality in modalities] for i, title in enumerate(TITLES)}
charts.bars("heads", "F1 of the foreground, unpainted images", modalities, {"F1 of the foreground": f1})

# %%
for title, values in f1.items():
    print(f"{title:16}" + "".join(f"  {m} {np.mean(v):.2f}" for m, v in zip(modalities, values, strict=True)))

# %% [markdown]
# ## One modality, looked at
#
# What a number hides: where the heads differ. Strokes are drawn on one image, another one is predicted.

# %%
task = synthetic_task("connectomics", painted=1, judged=1, size=96, seed=0)
strokes = task.scribbles(1, seed=0)
heads = compare_heads(task, "filters", strokes, quick=True, tell=lambda name: None)

[(judged, truth)] = task.judged.items()
image = task.stack.plane(judged)
panels = [planes.overlay(image, truth)]
for _, predicted in heads.shown.values():
    panels.append(planes.overlay(image, predicted[judged].argmax(axis=-1) + 1))
charts.pictures("pictures", "Neurites by head", {"": panels}, ["truth", *TITLES])

# %%
for name, scores in heads.scores.items():
    print(f"{name:50} F1 {scores[0].f1:.2f}")

# %% [markdown]
# Heads with more freedom are ahead here, most on calcium, and the whole mask brings F1 to 1: what is
# missing is labels, above all along rims, where strokes do not go, and not features. `LinearProbe` is the
# default because it follows a stroke within milliseconds and its penalty is chosen by held-out strokes;
# *Sharper / other classifiers* in the widget compares the others on your own strokes.
#
# ## Real data

# %%
if REAL_DATA:
    for name, real in evaluation.real(FOLDER, ["filters"], quick=True).tables.items():
        print(name, real.to_markdown(), sep="\n\n")
else:
    print("Set REAL_DATA to compare heads on the real data in a folder.")
