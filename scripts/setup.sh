#!/bin/sh
# Install patchprobe and what its tests need into .venv; at once when that is done already.
set -eu
. "$(dirname "$0")/common.sh"

candidates=${PYTHON:-python3 python3.13 python3.12 python3.11}

in_range() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# The first that is complete, else the first that lacks no more than Debian's python3-venv.
find_python() {
    incomplete=
    for candidate in $candidates; do
        in_range "$candidate" || continue
        if can_make_venv "$candidate"; then
            echo "$candidate"
            return
        fi
        incomplete=${incomplete:-$candidate}
    done
    echo "$incomplete"
}

make_venv() {
    python=$(find_python)
    [ -n "$python" ] || fail "No Python 3.11, 3.12 or 3.13 found; tried $candidates." \
        "Debian, Ubuntu:  apt-get install python3 (or python3.12)" \
        "macOS:           brew install python@3.13, or the installer of python.org" \
        "Or name one:     make test PYTHON=/path/to/python3.13"
    can_make_venv "$python" ||
        apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

# The stamp is written last, so that an installation which was killed is done again. It names the folder
# because a virtual environment does not survive being moved.
stamp=.venv/installed-patchprobe
wanted="$(pwd -P)
$(cksum <pyproject.toml)"
[ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null && exit 0

if [ -e "$stamp" ] && [ "$(head -n 1 "$stamp")" != "$(pwd -P)" ]; then
    make_venv
elif ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
fi
say "Installing patchprobe into .venv; the first time this downloads about 400 MB"
rm -f "$stamp"
# Progress for somebody who watches; in a log it would be four hundred lines.
quiet=--quiet
[ -t 1 ] && quiet=
.venv/bin/python -m pip install $quiet --disable-pip-version-check --editable '.[dev]' ||
    fail "Installing into .venv did not work; the reason is above. Is the network reachable?"
printf '%s\n' "$wanted" >"$stamp"
