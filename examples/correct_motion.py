"""Correct the motion of a noisy movie, and say which frames show something else."""

import numpy as np
from scipy.ndimage import shift as moved_by

from patchprobe import Stack, align_stack, synthetic

rng = np.random.default_rng(0)
images, _ = synthetic.generate("calcium", 1, 112, seed=3)
scene = images[0, ..., 0]
truth = rng.uniform(-4, 4, (12, 2))
movie = np.stack([moved_by(scene, by, order=3, mode="nearest") for by in truth])
movie += rng.normal(0, movie.std(), movie.shape)  # noise as strong as the image
movie[7] = rng.normal(0, 1, scene.shape)  # a frame that was lost

stack = Stack(movie, "tyx")
motion = align_stack(stack, reference="template")
print(motion.summary())
still = motion.apply(stack)  # lazy: each frame is moved when it is read

good = [number for number, status in enumerate(motion.statuses) if status == "ok"]
error = motion.shifts[good] - truth[good]
print(f"error: {np.hypot(*(error - np.median(error, axis=0)).T).max():.2f} px at most")
print(
    f"contrast of the mean: {movie[good].mean(axis=0).std():.3f} before, "
    f"{np.mean([still.plane(n) for n in good], axis=0).std():.3f} after"
)
