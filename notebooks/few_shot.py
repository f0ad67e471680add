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
# # Few strokes: how much has to be painted?
#
# A stroke costs a second, so the question is not whether labels help but when to stop. F1 on images that
# were not painted, against the number of strokes of each class on another one, for pixel features
# (`filters`), a network that was never trained (`placeholder-cnx-t`) and both together.
#
# Synthetic images with exact truth; each point is the mean of two scribblings. `patchprobe evaluate
# few-shot` does the same for seven modalities, with scikit-image's trainable segmentation beside it.

# %%
REAL_DATA = False  # True draws the curves of real data as well
FOLDER = "data"  # which lies there, as docs/evaluation.md says

# %%

from patchprobe import LinearProbe, embed, evaluation
from patchprobe.evaluation import charts, planes
from patchprobe.evaluation.comparisons import few_shot, methods_of
from patchprobe.evaluation.task import synthetic_task

# %% [markdown]
# ## Three modalities

# %%
NUMBERS, SEEDS = (1, 2, 4, 8, 16), (0, 1)
BACKBONES = {
    "filters": "filters",
    "untrained network": "placeholder-cnx-t",
    "both": "placeholder-cnx-t+filters",
}

tasks = {
    name: synthetic_task(name, painted=1, judged=2, size=96, seed=0)
    for name in ("connectomics", "histology", "mri")
}
curves = {}
for name, task in tasks.items():
    f1 = few_shot(
        task, methods_of(task, list(BACKBONES.values()), peer=False), NUMBERS, SEEDS, lambda method: None
    )
    curves[name] = dict(zip(BACKBONES, f1.values(), strict=True))
charts.curves("few_shot", "F1 against strokes", NUMBERS, curves, "strokes of each class", "F1")

# %%
for name, methods in curves.items():
    for title, f1 in methods.items():
        print(
            f"{name:13}{title:19}"
            + "  ".join(f"{count}: {value:.2f}" for count, value in zip(NUMBERS, f1, strict=True))
        )

# %% [markdown]
# With filters, one stroke of each class is nearly enough here and more change little: synthetic
# foreground has one look, and where a curve levels off is set by the features, not by the strokes. On
# histology it even falls, as more strokes along rims make the probe find nuclei a little too large. The
# untrained network needs more strokes and stays far below. Real tissue has more looks and wants more
# strokes: see the benchmarks and *Next place to paint* in the widget. A curve that dips says how much
# chance there is in one scribbling.
#
# ## What the strokes looked like

# %%
task = tasks["histology"]
painted, judged = next(iter(task.paint)), next(iter(task.judged))
few, many = (task.strokes(0, count)[painted] for count in (1, 8))
embeddings = {plane: embed(task.stack.plane(plane), "filters") for plane in (painted, judged)}
panels = {}
for title, strokes in (("1 stroke", few), ("8 strokes", many)):
    probe = LinearProbe().fit(embeddings[painted], strokes)
    panels[title] = [
        planes.overlay(task.stack.plane(painted), strokes, 1),
        planes.overlay(task.stack.plane(judged), probe.predict(embeddings[judged])),
        planes.overlay(task.stack.plane(judged), task.judged[judged]),
    ]
charts.pictures("strokes", "One stroke and eight", panels, ["strokes", "prediction elsewhere", "truth"])

# %% [markdown]
# ## Real data

# %%
if REAL_DATA:
    for name, figure in evaluation.real(FOLDER, ["filters"], quick=True).figures.items():
        print(name, figure.title)
else:
    print("Set REAL_DATA to draw the curves of the real data in a folder.")
