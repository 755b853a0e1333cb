#!/usr/bin/env bash
# The whole idea in one run: two Docker hosts, and switching between them.
#
#   scripts/demo.sh           bring everything up and run examples/two-hosts.machsh
#   scripts/demo.sh --shell   the same, then machsh's shell on the two hosts
#   scripts/demo.sh --clean   remove everything that it made
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"
source "$ROOT/scripts/lab/engine.sh"
source "$ROOT/scripts/lab/base.sh"
source "$ROOT/scripts/lab/registry.sh"

DEMO=$CACHE/demo
MACHINES=(docker-machine-1 docker-machine-2)

# Never the user's store, settings or history.
export MACHINE_STORAGE_PATH=$DEMO/store
export MACHSH_CONFIG_HOME=$DEMO/config MACHSH_STATE_HOME=$DEMO/state MACHSH_CACHE_HOME=$DEMO/cache
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_MACHINE_NAME DOCKER_TLS_VERIFY DOCKER_CERT_PATH MACHSH_CONFIG

machsh() { as_user_of_engine env PATH="$CACHE/venv/bin:$PATH" "$CACHE/venv/bin/machsh" "$@"; }

remove_machines() {
    local name
    for name in "${MACHINES[@]}"; do
        if [ -d "$MACHINE_STORAGE_PATH/machines/$name" ]; then
            quietly machsh rm -y -f "$name" || die "the demo's machine $name could not be removed"
        fi
    done
}

bring_up() {
    make_venv user
    ensure_engine
    ensure_bases "$BASE"
    ensure_pulls
}

run() {
    bring_up
    remove_machines # so that the lines below are the same every time
    local before
    before=$(host_images)
    machsh -x "$ROOT/examples/two-hosts.machsh"
    comm -13 <(echo "$before") <(host_images) >>"$MADE/images"
    cat <<TEXT

Both hosts are running. Go on with them in the shell:

    scripts/demo.sh --shell

or remove everything that the demo made: scripts/demo.sh --clean
TEXT
}

enter_shell() {
    bring_up
    [ -d "$MACHINE_STORAGE_PATH/machines/${MACHINES[1]}" ] || run
    machsh --machine "${MACHINES[0]}"
}

clean() {
    if engine_answers; then
        [ ! -x "$CACHE/venv/bin/machsh" ] || remove_machines
        [ ! -e "$MADE/images" ] || remove_images <"$MADE/images"
        [ ! -e "$MADE/bases" ] || remove_images <"$MADE/bases"
    fi
    stop_registry
    stop_engine
    as_root rm -rf "$DEMO" "$CACHE/venv" "$CACHE/registry" "$CACHE/docker-clients" "$CACHE"/*.tar "$CACHE"/*.log
    [ ! -s "$MADE/packages" ] || say "these packages stay installed: $(sort -u "$MADE/packages" | tr '\n' ' ')"
    as_root rm -rf "$MADE"
}

host_images() { docker_here image ls -q --filter label=machsh.image=host | sort -u; }

# An image that a machine of the user's still needs stays.
remove_images() {
    while read -r image; do docker_here rmi "$image" >/dev/null 2>&1 || true; done
}

case ${1:-} in
    "") run ;;
    --shell) enter_shell ;;
    --clean) clean ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0" ;;
    *) die "unknown option $1; there are --shell and --clean" ;;
esac
