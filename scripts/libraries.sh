#!/bin/sh
# Install the system libraries that Qt and OpenGL need, and Xvfb when asked: libraries.sh [xvfb].
# Looks for the libraries themselves first, so it costs nothing where they are there. macOS has them all.
set -eu
. "$(dirname "$0")/common.sh"
[ "$(uname -s)" = Linux ] || exit 0

# What PySide6's wheels expect of the system, and the Debian package that has it.
missing=$(
    .venv/bin/python - <<'PYTHON'
import ctypes

LIBRARIES = """
libEGL.so.1 libegl1
libGL.so.1 libgl1
libGLX_mesa.so.0 libglx-mesa0
libOpenGL.so.0 libopengl0
libX11-xcb.so.1 libx11-xcb1
libX11.so.6 libx11-6
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxkbcommon.so.0 libxkbcommon0
"""
for line in LIBRARIES.split("\n")[1:-1]:
    library, package = line.split()
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
PYTHON
)
if [ "${1:-}" = xvfb ]; then
    command -v Xvfb >/dev/null && command -v xvfb-run >/dev/null || missing="$missing xvfb"
    command -v xauth >/dev/null || missing="$missing xauth"
fi
# shellcheck disable=SC2086 # one word each
[ -z "$missing" ] || apt_install $missing
