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
# # Neurofinder: neurons in a calcium movie
#
# Neurofinder (CodeNeuro, <https://github.com/codeneuro/neurofinder>, which names the laboratory of each
# movie) is a challenge on two-photon calcium movies of mouse cortex and hippocampus, some thousand frames
# of about 512 × 512 px; the pixels of each neuron are marked.
#
# In a single frame most neurons are dark. This notebook brings the movie into one plane of four channels,
# what each pixel does over time, and paints on that. It runs on a **miniature**, a drawn movie in the
# folders of the real set. Its numbers say that the steps work, and nothing about mice.

# %%
REAL_DATA = False  # True takes the set itself: about 1 GB a movie
FOLDER = "neurofinder"

# %%
import numpy as np
from skimage.measure import label, regionprops

from patchprobe import (
    LinearProbe,
    TimeWindow,
    datasets,
    embed,
    embed_stack,
    estimate_translation,
    metrics,
    patch_correlation,
    predict_stack,
    summarise_movie,
)
from patchprobe.demo import draw_strokes
from patchprobe.evaluation import charts, planes
from patchprobe.synthetic import calcium_movie

# %% [markdown]
# ## Getting and loading the data

# %%
if REAL_DATA:
    datasets.download("neurofinder", FOLDER, parts=("00.00",))
else:
    datasets.miniature("neurofinder", FOLDER, size=128)

# %%
movie = datasets.load("neurofinder", FOLDER)
print(movie.axes, movie.shape, f"{1 / movie.voxel_size[0]:.1f} frames a second")

# %% [markdown]
# ## The movie as one plane
#
# Mean, brightest moment, standard deviation, and the correlation over time with neighbouring pixels. One
# pass over the frames, whatever their number.

# %%
summary = summarise_movie(movie)
frame = movie.normalisation().apply(movie.plane(0))
channels = np.moveaxis(summary.plane(), 2, 0)
charts.pictures(
    "summary", "A frame, and the movie", {"": [frame, *channels]}, ["frame 0", *summary.channel_names]
)

# %% [markdown]
# ## Embedding and probe

# %%
CLASSES = {1: "background", 2: "neuron"}
neurons = movie.label_plane(0)
truth = (neurons > 0).astype(np.uint8) + 1

strokes = draw_strokes(truth, per_class=5, seed=0)
embedding = embed(summary.plane(), "filters", summary.normalisation())
probe = LinearProbe(class_names=CLASSES).fit(embedding, strokes, summary)
found = probe.predict(embedding)
print(f"accuracy on strokes that were held out: {probe.held_out_.accuracy:.2f}")

# %%
planes.segmentation(summary, 0, CLASSES, strokes, found, truth, title="Neurons by what they do over time")

# %% [markdown]
# ## As the challenge scores it
#
# Neurons are matched by their centres (5 px). Recall and precision count neurons, inclusion and exclusion
# the pixels of those that match.


# %%
def regions(mask):
    """Pixels of each connected piece of at least 12 px."""
    return [piece.coords for piece in regionprops(label(mask)) if piece.area >= 12]


known = [np.argwhere(neurons == number) for number in np.unique(neurons[neurons > 0])]
score = metrics.neuron_score(known, regions(found == 2))
print(f"{len(known)} neurons, {len(regions(found == 2))} found")
print(f"recall {score.recall:.2f}  precision {score.precision:.2f}")
print(f"inclusion {score.inclusion:.2f}  exclusion {score.exclusion:.2f}")

# %% [markdown]
# ## Synthetic evaluation
#
# A synthetic movie with exact truth: neurons that light up now and then, under noise. Frame by frame, in
# windows of several frames, and as one plane; over three movies. *Flicker* is the share of pixels whose
# class changes from a frame to the next, where in truth none does.

# %%
WINDOWS = (1, 3, 5)


def by_windows(seed):
    """Dice and flicker of one movie, by the length of the window."""
    sample = calcium_movie(n=12, size=96, seed=seed)
    known = np.asarray(sample.labels)
    painted = draw_strokes(known[0], per_class=5, seed=seed)
    seen = [embedding for _, embedding in embed_stack(sample, "filters", [2, 6])]
    fitted = LinearProbe().fit(seen, [painted, painted])
    for frames in WINDOWS:
        labels = np.stack(list(predict_stack(sample, fitted, fusion=TimeWindow(frames)).planes()))
        yield metrics.f1_score(known, labels, label=2), (labels[1:] != labels[:-1]).mean()


def as_one_plane(seed):
    """Dice of one movie, painted and predicted as one plane."""
    sample = calcium_movie(n=12, size=96, seed=seed)
    plane = embed(summarise_movie(sample).plane())
    fitted = LinearProbe().fit(plane, draw_strokes(sample.labels[0], per_class=5, seed=seed))
    return metrics.f1_score(sample.labels[0], fitted.predict(plane), label=2)


found = np.array([list(by_windows(seed)) for seed in range(3)])
groups = ["1 frame", *(f"{frames} frames" for frames in WINDOWS[1:]), "one plane"]
dice = [*found[:, :, 0].T.tolist(), [as_one_plane(seed) for seed in range(3)]]
charts.bars(
    "windows", "Dice by the length of the window", groups, {"Dice of neurons": {"three movies": dice}}
)

# %%
for frames, flicker in zip(WINDOWS, found[:, :, 1].mean(axis=0), strict=True):
    print(f"window of {frames}: {flicker:.2%} of the pixels flicker")

# %% [markdown]
# Where things stay in place, time is the cheapest cure for noise. Where they move, keep the window short.
#
# ## Registration
#
# Frames shake; the mean of the first and of the second half of the movie are compared here, one
# displaced.

# %%
SHIFT = (16, -16)

half = movie.shape[0] // 2
first = np.asarray(movie.data[:half]).mean(axis=0)
second = np.roll(np.asarray(movie.data[half:]).mean(axis=0), SHIFT, axis=(0, 1))
fixed, moving = (embed(each, "filters") for each in (first, second))
translation = estimate_translation(fixed, moving)
print(f"found {translation.shift[0]:.1f}, {translation.shift[1]:.1f} px; true {SHIFT}; {translation.status}")

# %%
show = movie.normalisation().apply
similarity = patch_correlation(*(embed(each, "placeholder-cnx-t") for each in (first, second)))
planes.registration(show(first), show(second), similarity, translation, title="Two halves of the movie")

# %% [markdown]
# The shift is right, but the verdict is *doubtful*: the miniature's neurons stand at nearly equal
# distances, and the brightest differ between the halves, so that other shifts explain the two nearly as
# well. A real field of view has vessels and background besides.
