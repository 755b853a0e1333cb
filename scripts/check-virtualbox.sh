#!/usr/bin/env bash
# Takes one small machine through its whole life on the VirtualBox of this computer, in a store of its own.
#
#   scripts/check-virtualbox.sh [OPTION...]    options of `machsh create -d virtualbox`, such as
#                                              --virtualbox-network nat or --virtualbox-image debian-13
#
# It downloads a guest image (about 600 MB) once, into .cache, and removes everything else that it made.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"

NAME=machsh-check-$$
CHECK=$CACHE/check-virtualbox
export MACHINE_STORAGE_PATH=$CHECK/store
export MACHSH_CONFIG_HOME=$CHECK/config MACHSH_STATE_HOME=$CHECK/state MACHSH_CACHE_HOME=$CHECK/cache
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_MACHINE_NAME DOCKER_TLS_VERIFY DOCKER_CERT_PATH MACHSH_CONFIG

have VBoxManage || die "VBoxManage is not on PATH: install VirtualBox, or put its folder there"
make_venv user
machsh() { "$CACHE/venv/bin/machsh" "$@"; }

finish() {
    local code=$?
    trap - EXIT
    if [ -d "$MACHINE_STORAGE_PATH/machines/$NAME" ]; then
        [ "$code" = 0 ] || machsh console -n 40 "$NAME" || true
        machsh rm -y -f "$NAME" || say "remove it yourself: VBoxManage unregistervm --delete $NAME"
    fi
    exit "$code"
}
trap finish EXIT

step() {
    say "$1"
    shift
    "$@" || die "this does not work here: $*"
}

is() {
    local found
    found=$(machsh status "$NAME")
    [ "$found" = "$1" ] || die "$NAME is $found, not $1"
}

VBoxManage --version | tail -1
step "create" machsh create -d virtualbox "$@" "$NAME"
is Running
step "ssh" machsh ssh "$NAME" uname -a
step "the engine" machsh -c "@$NAME docker version"
step "stop" machsh stop "$NAME"
is Stopped
step "snapshot of a stopped machine" machsh snapshot "$NAME" check
step "start" machsh start "$NAME"
is Running
step "pause in VirtualBox" VBoxManage controlvm "$NAME" pause
is Paused
step "start of a paused one" machsh start "$NAME"
step "save in VirtualBox" VBoxManage controlvm "$NAME" savestate
is Saved
step "start of a saved one" machsh start "$NAME"
is Running
step "restart" machsh restart "$NAME"
step "restore" machsh snapshot "$NAME" --restore check -y
is Running
step "the snapshot is deleted" machsh snapshot "$NAME" --delete check -y
step "kill" machsh kill "$NAME"
is Stopped
step "rm" machsh rm -y "$NAME"
left=$(VBoxManage list vms)
[[ $left != *"\"$NAME\""* ]] || die "VirtualBox still lists $NAME"
say "all of it works with VirtualBox $(VBoxManage --version | tail -1)"
