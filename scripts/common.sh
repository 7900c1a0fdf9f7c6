# Shared by the scripts: what they install, and how. Sourced, not run.

say() { if [ -t 1 ]; then printf '\033[1m==>\033[0m %s\n' "$*"; else printf '==> %s\n' "$*"; fi; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The programs that pydocker starts, and the Debian packages that have them.
RUNTIME_PACKAGES="crun conmon catatonit slirp4netns fuse-overlayfs bindfs fuse3 uidmap nftables python3-venv ca-certificates"
# What the tests need besides.
TEST_PACKAGES="iproute2 bind9-dnsutils busybox-static mmdebstrap docker-registry python3-dev git curl passt zsh fish bash-completion openssh-client docker-compose"

# as_root COMMAND...: run it as root, by sudo without asking when need be; fails when neither is possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi
}

# missing_packages PACKAGE...: those of them that dpkg does not have and apt does.
missing_packages() {
    local package
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

# install_packages PACKAGE...: install what is missing of Debian's names, by the package manager that is here.
install_packages() {
    local wanted
    if command -v apt-get >/dev/null; then
        wanted=$(missing_packages "$@")
        [ -z "$wanted" ] && return 0
        say "Installing: $(echo $wanted)"
        as_root apt-get update -q >/dev/null || true
        # an optional package that a release does not have must not stop the others
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $wanted >/dev/null ||
            for package in $wanted; do
                as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$package" >/dev/null ||
                    echo "    $package could not be installed" >&2
            done
    elif command -v dnf >/dev/null; then
        as_root dnf install -qy crun conmon catatonit slirp4netns fuse-overlayfs bindfs fuse3 shadow-utils nftables python3
    elif command -v pacman >/dev/null; then
        as_root pacman -S --needed --noconfirm crun conmon catatonit slirp4netns fuse-overlayfs bindfs fuse3 shadow nftables python
    elif command -v zypper >/dev/null; then
        as_root zypper -n install crun conmon catatonit slirp4netns fuse-overlayfs bindfs fuse3 shadow nftables python3
    else
        return 1
    fi
}

# find_python: a Python of 3.11 or later that can make virtual environments; the distribution's own is preferred.
find_python() {
    local python
    for python in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return 0
        fi
    done
    return 1
}

# tests_venv: the directory of the virtual environment with what the tests need; made when it is not there. In the checkout's directory.
tests_venv() {
    local venv python
    venv=${XDG_CACHE_HOME:-$HOME/.cache}/pydocker-tests/venv-$(sha256sum pyproject.toml | cut -c1-12)
    if ! "$venv/bin/python" -c 'import pytest, pytest_subprocess, xdist, ruff, mypy, typer, hypothesis, isal, zstandard, tree_sitter, tree_sitter_hcl, h11, wsproto, inotify_simple, docker, testcontainers, websocket' 2>/dev/null; then
        say "Making a virtual environment: $venv" >&2
        python=$(find_python) || die "no Python of 3.11 or later with venv was found"
        make_venv "$venv" "$("$python" - <<'P'
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
print(" ".join(p.replace(" ", "") for p in project["dependencies"] + project["optional-dependencies"]["test"]))
P
)" >&2
    fi
    echo "$venv"
}

# make_venv DIR WHAT: a virtual environment in DIR with WHAT installed by pip; pip's own settings apply.
make_venv() {
    local python
    python=$(find_python) || die "no Python of 3.11 or later with venv was found"
    [ -x "$1/bin/python" ] || "$python" -m venv "$1"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check $2
}
