#!/usr/bin/env bash
# Check a cloud's driver with a real account: create, docker run, stop, start, rm, orphans. It costs an hour of a server.
#
#   scripts/check-cloud.sh DRIVER [options of create]
#
# The account's credentials are looked for as the driver does it: see docs/drivers/DRIVER.md. CHECK_IMAGE is the image
# of the container, for a cloud that does not reach Docker Hub.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"

[ $# -gt 0 ] || die "name a driver: scripts/check-cloud.sh hetzner"
DRIVER=$1
shift
NAME=machsh-check-$$
make_venv dev
PATH="$CACHE/venv/bin:$PATH"
MACHINE_STORAGE_PATH=$(mktemp -d)
export MACHINE_STORAGE_PATH

# Whatever happens, nothing may be left that costs money; where that fails, the store stays to try again.
clean() {
    local code=$?
    say "removing what is left"
    if [ -d "$MACHINE_STORAGE_PATH/machines/$NAME" ] && ! machsh rm -y "$NAME"; then
        say "NOT REMOVED: MACHINE_STORAGE_PATH=$MACHINE_STORAGE_PATH machsh rm $NAME"
        exit 1
    fi
    machsh orphans -d "$DRIVER"
    rm -rf "$MACHINE_STORAGE_PATH"
    exit "$code"
}
trap clean EXIT

say "what would be made"
machsh create -d "$DRIVER" "$@" --dry-run "$NAME"
say "creating $NAME"
machsh create -d "$DRIVER" "$@" "$NAME"
say "running a container"
machsh --machine "$NAME" -c "docker run --rm ${CHECK_IMAGE:-hello-world}"
say "stopping and starting"
machsh stop "$NAME"
[ "$(machsh status "$NAME")" = Stopped ] || die "$NAME is not stopped"
machsh start "$NAME"
machsh ls
say "removing"
machsh rm -y "$NAME"
[ "$(machsh orphans -d "$DRIVER" --json)" = "[]" ] || die "something was left over: machsh orphans -d $DRIVER"
say "the driver $DRIVER works with this account"
