"""Fit a probe on one image and apply it to every image of a folder, plane after plane."""

from pathlib import Path

from patchprobe import LinearProbe, embed, load_stack, synthetic
from patchprobe.demo import draw_strokes
from patchprobe.io import save_stack
from patchprobe.prediction import predict_stack

images, results = Path("many_images"), Path("many_results")
for folder in (images, results):
    folder.mkdir(exist_ok=True)

# Some files to work on; use your own folder instead.
for seed in range(4):
    sample = synthetic.stack("histology", n=1, size=128, seed=seed)
    save_stack(images / f"slice_{seed}.ome.tif", sample)

first = synthetic.stack("histology", n=1, size=128, seed=0)
strokes = draw_strokes(first.label_plane(0), per_class=4)
embedding = embed(first.plane(0), normalisation=first.normalisation())
probe = LinearProbe(class_names={1: "tissue", 2: "nuclei"}).fit(embedding, strokes)
probe.save(results / "probe.safetensors")

# From here on only the saved probe is needed; `patchprobe predict` does the same for one file.
probe = LinearProbe.load(results / "probe.safetensors")
for path in sorted(images.glob("*.ome.tif")):
    predicted = predict_stack(load_stack(path), probe)
    written = save_stack(results / path.name, predicted)
    print(f"{written}: {(predicted.plane(0) == 2).mean():.0%} nuclei")
