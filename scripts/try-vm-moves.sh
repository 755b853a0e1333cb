#!/usr/bin/env bash
# Takes one virtual machine of QEMU's, booted for real, through what changes its place: a creation that is killed while
# the guest boots and gone on with, another name, and a backup with its disk that is restored into another store.
#
#   scripts/try-vm-moves.sh
#
# It boots three times: some minutes where the processor is emulated. Everything it makes is removed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"
source "$ROOT/scripts/lab/guest_image.sh"

TRIAL=$(mktemp -d "${TMPDIR:-/tmp}/machsh-vm-moves.XXXXXX")
CREATING=
# Never the user's store, settings or trust.
export HOME=$TRIAL/home MACHINE_STORAGE_PATH=$TRIAL/here
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_MACHINE_NAME DOCKER_TLS_VERIFY DOCKER_CERT_PATH MACHSH_CONFIG

machsh() { "$CACHE/venv/bin/machsh" --yes "$@" </dev/null; }

# expect TEXT COMMAND...: the command ends well and prints a line that is TEXT.
expect() {
    local wanted=$1 began=$SECONDS log=$TRIAL/step.log
    shift
    "$@" >"$log" 2>&1 && grep -qF -e "$wanted" "$log" || { cat "$log" >&2; die "not \"$wanted\": $*"; }
    printf 'right %4d s  %s\n' "$((SECONDS - began))" "$*"
}

clean() {
    [ -z "$CREATING" ] || kill -9 "$CREATING" 2>/dev/null || true
    for store in here there; do
        export MACHINE_STORAGE_PATH=$TRIAL/$store
        machsh rm -f old new moved >/dev/null 2>&1 || true
    done
    rm -rf "$TRIAL"
}
trap clean EXIT

on_engine() { local name=$1; shift; machsh -c "use $name; docker $*"; }

killed_while_booting() {
    local console=$MACHINE_STORAGE_PATH/machines/old/console.log
    "$CACHE/venv/bin/machsh" create -d qemu --qemu-image "$GUEST_IMAGE" --qemu-memory 1024 --qemu-cpu-count 1 \
        --qemu-boot-timeout 1800 old </dev/null >"$TRIAL/create.log" 2>&1 &
    CREATING=$!
    for _ in $(seq 600); do
        [ ! -s "$console" ] || break
        sleep 0.5
    done
    [ -s "$console" ] || die "the guest does not begin to boot: $(cat "$TRIAL/create.log")"
    kill -9 "$CREATING"
    wait "$CREATING" 2>/dev/null || true
    CREATING=
}

make_venv user
ensure_guest_image
mkdir -p "$HOME"
echo "correct horse battery staple" >"$TRIAL/passphrase"

killed_while_booting
expect "Docker is up and running!" machsh create --resume old
expect linux on_engine old version --format "{{.Server.Os}}"
machsh ssh old "echo kept >kept.txt; sync"

expect '"old" was stopped' machsh stop old
expect '"old" is named "new" now' machsh rename old new
expect '"new" was started' machsh start new
expect linux on_engine new version --format "{{.Server.Os}}"
expect kept machsh ssh new cat kept.txt
expect "" machsh provision new
expect new machsh ssh new hostname

expect '"new" was stopped' machsh stop new
expect "with its host" machsh backup new --with-state --with-authority -o "$TRIAL/new.age" --passphrase-file "$TRIAL/passphrase"
export MACHINE_STORAGE_PATH=$TRIAL/there
expect 'Restored "moved"' machsh restore "$TRIAL/new.age" --rename new=moved --passphrase-file "$TRIAL/passphrase"
expect '"moved" was started' machsh start moved
expect linux on_engine moved version --format "{{.Server.Os}}"
expect kept machsh ssh moved cat kept.txt
expect "shows it" machsh certs --ask moved
say "the virtual machine kept its engine and its files under every name and in both stores"
