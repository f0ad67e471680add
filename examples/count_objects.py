"""Things rather than pixels: find, measure and save the nuclei of a movie.

    python examples/count_objects.py

The probe finds too much of a rare class, because strokes are balanced where the image is not; its decision
weights are estimated from pixels without labels first.
"""

import numpy as np

from patchprobe import LinearProbe, embed, synthetic
from patchprobe.demo import draw_strokes
from patchprobe.objects import ObjectSettings, find_objects_in_stack, save_objects, save_table
from patchprobe.prediction import predict_stack
from patchprobe.probe import suggest_weights

stack = synthetic.stack("tracking", n=3, size=256, seed=0)
truth = np.asarray(stack.label_plane(0))
embedding = embed(stack.plane(0), normalisation=stack.normalisation())
probe = LinearProbe(class_names={1: "background", 2: "nucleus"})
probe.fit(embedding, draw_strokes(np.where(truth > 0, 2, 1), per_class=6))
suggestion = suggest_weights(probe.predict_logits(embedding), probe.classes_, probe.training_prior_)
probe = probe.with_decision_weights(suggestion.weights)

settings = ObjectSettings(number=2, fill_holes=30, split_diameter=16, min_size=40)
prediction = predict_stack(stack, probe, kind="probabilities")
found = find_objects_in_stack(stack, prediction, settings, probe.classes_)
save_objects("nuclei.ome.tif", found, stack)
save_table("nuclei.csv", found.table)

for frame in range(stack.n_planes):
    here = found.table["plane"] == frame
    known = len(np.unique(stack.label_plane(frame))) - 1
    size = found.table["area_px"][here].mean()
    print(f"Frame {frame}: {here.sum()} nuclei (truth {known}), {size:.0f} px on average")
