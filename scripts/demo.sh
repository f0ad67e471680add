#!/bin/sh
# Run the demonstration, on the stack $DATA if that is set: in a napari window where there is a display,
# else on a virtual one with everything written to demo_output/.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

# Asking Qt itself also finds a display that is named but cannot be reached.
has_display() {
    [ "$(uname -s)" = Darwin ] && return
    [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] &&
        .venv/bin/python -c 'from qtpy.QtGui import QGuiApplication; QGuiApplication([])'
}

set -- .venv/bin/patchprobe demo ${DATA:+"$DATA"}
sh scripts/libraries.sh
if has_display >/dev/null 2>&1; then
    exec "$@"
fi
say "No display here: running on a virtual one, results go to demo_output/"
sh scripts/libraries.sh xvfb
exec sh scripts/under-xvfb.sh "$@" --output demo_output
