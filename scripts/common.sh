# shellcheck shell=sh
# Sourced by the scripts beside it. POSIX sh, so that a machine with nothing but dash will do.

say() {
    printf '==> %s\n' "$*" >&2
}

# Each argument is a line.
fail() {
    printf '\npatchprobe: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '            %s\n' "$@" >&2
    exit 1
}

# Run as root, asking for a password only where somebody is there to type it.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        return 1
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# Install Debian or Ubuntu packages, or say what to type.
apt_install() {
    if ! command -v apt-get >/dev/null; then
        fail "These Debian packages, or what this system calls them, are missing:" "$*" \
            "Install them and run make again."
    fi
    say "Installing with apt-get: $*"
    # The second attempt is for a machine whose package lists are empty or old.
    apt_get install "$@" >/dev/null 2>&1 || { apt_get update && apt_get install "$@"; } ||
        fail "Packages of the system are missing, and installing them did not work. As an administrator, type" \
            "apt-get update && apt-get install --no-install-recommends $*" \
            "and then run make again."
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
        -o APT::Install-Recommends=false "$@" >&2
}
