#!/usr/bin/env bash
# All tests, with everything that they need brought up first.
#
#   scripts/test.sh [--quick] [places and other arguments of pytest]
#
# --quick leaves out the tests on live engines and hosts.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"
source "$ROOT/scripts/lab/engine.sh"
source "$ROOT/scripts/lab/base.sh"
source "$ROOT/scripts/lab/clients.sh"
source "$ROOT/scripts/lab/registry.sh"
source "$ROOT/scripts/lab/guest_image.sh"
source "$ROOT/scripts/lab/virtualbox.sh"

PACKAGES=(systemd openssh-server openssh-client openssl golang-go fish zsh tcsh dash groff-base sshfs rsync tmux xz-utils iproute2 procps qemu-utils fdisk)
LIVE_PACKAGES=(fuse3 busybox-static debootstrap docker-registry iptables qemu-system-x86 qemu-system-arm qemu-efi-aarch64)

# What this run started ends with it; what ran before stays. Nothing is printed after pytest's summary.
stop_what_was_started() {
    [ -z "$STARTED_REGISTRY" ] || stop_registry >/dev/null 2>&1 || true
    [ -z "$STARTED_VIRTUALBOX" ] || stop_virtualbox >/dev/null 2>&1 || true
    [ -z "$STARTED_ENGINE" ] || stop_engine >/dev/null 2>&1 || true
}

main() {
    cd "$ROOT"
    local selection=() places=(tests plugins/*/tests) beside=() code=0 argument
    if [ "${1:-}" = --quick ]; then
        shift
        selection=(-m "not live")
    fi
    need_packages "${PACKAGES[@]}"
    make_venv dev
    if [ ${#selection[@]} = 0 ]; then
        need_packages "${LIVE_PACKAGES[@]}"
        trap stop_what_was_started EXIT
        ensure_engine
        ensure_bases "$BASE" "${MODERN_BASES[@]}"
        ensure_docker_clients
        ensure_pulls
        ensure_guest_image
        export GUEST_IMAGE
        ensure_virtualbox
        beside=(-n 2) # see conftest.py
    fi
    for argument in "$@"; do [ ! -e "${argument%%::*}" ] || places=() beside=(); done
    # Nothing of the user's docker, machines or settings reaches the tests.
    unset DOCKER_HOST DOCKER_CONTEXT DOCKER_MACHINE_NAME DOCKER_TLS_VERIFY DOCKER_CERT_PATH MACHINE_STORAGE_PATH
    # A busy machine can hold a terminal or a host up for longer than a test waits: such a test runs once more, and
    # pytest's summary counts it as rerun.
    PATH="$CACHE/venv/bin:$PATH" "$PYTHON" -m pytest --reruns 1 -rR "${beside[@]}" "${places[@]}" "${selection[@]}" "$@" || code=$?
    return "$code"
}

main "$@"
