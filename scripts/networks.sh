#!/bin/sh
# Install what the tests of pretrained networks need into .venv, where that is cheap. PyTorch's builds for
# graphics cards weigh gigabytes, so only one for the processor alone is installed without being asked.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

.venv/bin/python -c 'import openvino, torch, transformers' 2>/dev/null && exit 0
torch=torch==2.13.0+cpu
[ "$(uname -s)" = Darwin ] && torch=torch
.venv/bin/python -m pip install --quiet --disable-pip-version-check "$torch" 'transformers>=5' 'openvino>=2025.0' 2>/dev/null ||
    say "No PyTorch for the processor alone is to be had here: tests of pretrained networks are left out." \
        "To run them, install torch, transformers and openvino into .venv."
