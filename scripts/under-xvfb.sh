#!/bin/sh
# Run a command with a virtual screen of its own: under-xvfb.sh COMMAND [ARGUMENT...].
# macOS always has a screen to draw on, and no Xvfb.
set -eu
[ "$(uname -s)" = Linux ] || exec "$@"
unset WAYLAND_DISPLAY
export QT_QPA_PLATFORM=xcb
# 24 bit: Xvfb's own default of 8 has no OpenGL.
exec xvfb-run --auto-servernum --server-args='-screen 0 1600x1200x24 +extension GLX' "$@"
