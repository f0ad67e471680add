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
# # Transfer: does a probe from one modality serve another?
#
# Both reports train a classifier on patches of one modality and test it on all others. The features are
# the same everywhere; what differs is what *foreground* looks like. Rows of the matrices are what was
# trained on, columns what was tested on; the diagonal is the ordinary case.
#
# A quick form with one network that was never trained runs here, on synthetic images. `patchprobe
# evaluate transfer` runs all of it and writes one report.

# %%
REAL_DATA = False  # True takes DINOv2's weights, if they are on this disk or can be downloaded

# %%
import numpy as np

from patchprobe import evaluation

# %%
BACKBONE = "dinov2-small" if REAL_DATA else "placeholder-cnx-t"
found = evaluation.transfer([BACKBONE], quick=True)
print("\n".join(found.figures))

# %% [markdown]
# ## Report A: six modalities

# %%
found.figures["report_a_transfer_f1"]


# %%
def diagonal_and_rest(table):
    """Mean of the diagonal, and of all else."""
    modalities = [column.name for column in table.columns[2:]]
    # The last row is what calling everything foreground would give.
    matrix = np.array([[row[name] for name in modalities] for row in table.records()[:-1]])
    same = np.eye(len(modalities), dtype=bool)
    return matrix[same].mean(), matrix[~same].mean()


for report in ("report_a", "report_b"):
    for score in ("f1", "accuracy"):
        own, other = diagonal_and_rest(found.tables[f"{report}_transfer_{score}"])
        print(f"{report}, {score:8}: own modality {own:.2f}, others {other:.2f}")

# %% [markdown]
# A middling F1 is to be held against calling everything foreground: where foreground is common, that
# gives a column the same value throughout, whatever was trained on.
#
# A probe is made for one kind of image. Where F1 holds off the diagonal, foreground is bright in both
# modalities; where it falls to nothing, it is bright in one and dark in the other. Accuracy flatters:
# with little foreground, a probe that finds none of it is right nearly everywhere. That is why strokes
# are painted for each kind of image, and why a loaded probe says how a new image differs from those it
# has learned from.
#
# ## Report B: seven modalities

# %%
found.figures["report_b_transfer_f1"]

# %% [markdown]
# ## What the reports claim
#
# Sentences in the reports are checked, not only numbers.

# %%
found.tables["report_a_transfer_claims"]
