"""From a stack to its segmentation: load, embed, fit on a few strokes, predict, save."""

from pathlib import Path

from patchprobe import LinearProbe, embed_stack, load_stack, metrics
from patchprobe.demo import draw_strokes
from patchprobe.io import save_labels, save_stack
from patchprobe.synthetic import serial_sections

output = Path("quick_start")
output.mkdir(exist_ok=True)

# A file as it could come from a microscope; use your own path instead.
sections = serial_sections(n=3, size=160, seed=1)
save_stack(output / "stack.ome.tif", sections.to_stack())

stack = load_stack(output / "stack.ome.tif")
embeddings = dict(embed_stack(stack, "filters"))

# 0 unlabelled, 1 cell, 2 membrane. Yours come from a painted label image instead.
strokes = draw_strokes(sections.labels[0], per_class=6)
probe = LinearProbe(class_names={1: "cell", 2: "membrane"}).fit(embeddings[0], strokes)
if probe.held_out_ is not None:
    print(f"held-out strokes: accuracy {probe.held_out_.accuracy:.2f}")

labels = sections.labels * 0
for plane, embedding in embeddings.items():
    labels[plane] = probe.predict(embedding)
print(f"membrane F1 on sections 1 and 2: {metrics.f1_score(sections.labels[1:], labels[1:], label=2):.2f}")

print("wrote", save_labels(output / "labels.ome.tif", labels, stack))
print("wrote", probe.save(output / "probe.safetensors"))
