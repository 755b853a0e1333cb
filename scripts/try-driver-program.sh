#!/usr/bin/env bash
# Tries driver programs with docker-machine itself and with other people's programs, on hosts made for it.
#
#   scripts/try-driver-program.sh            all of it
#   scripts/try-driver-program.sh served     docker-machine uses machsh's driver docker
#   scripts/try-driver-program.sh bridged    machsh uses docker-machine's drivers, and those of others
#   scripts/try-driver-program.sh --clean    remove everything that it made
#
# Everything is built with Debian's golang, from GITHUB/OWNER/NAME (GITHUB is https://github.com unless set).
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"
source "$ROOT/scripts/lab/engine.sh"
source "$ROOT/scripts/lab/base.sh"
source "$ROOT/scripts/lab/driver-programs.sh"

TRIAL=$CACHE/try-driver-program
QEMU=$PROGRAMS/docker-machine-driver-qemu
LIMIT=900 # seconds for one command
FAILED=0

# Never the user's store, settings or trust.
export HOME=$TRIAL/home MACHINE_STORAGE_PATH=$TRIAL/store
export MACHSH_CONFIG_HOME=$TRIAL/config MACHSH_STATE_HOME=$TRIAL/state MACHSH_CACHE_HOME=$TRIAL/cache
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_MACHINE_NAME DOCKER_TLS_VERIFY DOCKER_CERT_PATH MACHSH_CONFIG

run_here() { as_user_of_engine env PATH="$PROGRAMS:$CACHE/venv/bin:$PATH" timeout "$LIMIT" "$@" </dev/null; }
machsh() { run_here machsh --yes "$@"; }
docker_machine() { run_here docker-machine "$@"; }

# good PATTERN COMMAND...: the command ends well, and what it prints matches the pattern.
good() { judge 0 "$@"; }

# refused PATTERN COMMAND...: the command fails, and says what the pattern matches.
refused() { judge 1 "$@"; }

judge() {
    local wanted=$1 pattern=$2 began=$SECONDS code=0 verdict=right log=$TRIAL/step.log
    shift 2
    "$@" >"$log" 2>&1 || code=1
    [ "$code" = "$wanted" ] && grep -qE -e "$pattern" "$log" || verdict=WRONG
    printf '%s %4d s  %s\n' "$verdict" "$((SECONDS - began))" "$*"
    [ "$verdict" = right ] && return
    FAILED=1
    tail -n 12 "$log" | sed 's/^/      | /'
}

bring_up() {
    need_packages git golang-go openssh-client
    mkdir -p "$HOME"
    make_venv user
    ensure_engine
    ensure_bases "$BASE"
    ensure_driver_programs
}

# The name of the machines is that of the part, so that --clean finds them.
served() {
    local name=trial-served
    machsh rm -y -f "$name" >/dev/null 2>&1 || true
    good 'serves the driver now' machsh install-driver -f machsh-docker "$PROGRAMS"
    good 'docker-memory' docker_machine create -d machsh-docker --help
    refused 'docker-cpus lots is not a number' docker_machine create -d machsh-docker --docker-cpus lots "$name"
    refused 'connection refused' docker_machine create -d machsh-docker --docker-engine tcp://127.0.0.1:1 "$name"
    good 'Docker is up and running' docker_machine create -d machsh-docker "$name"
    life_of "$name" docker_machine
    good "$name +- +machsh-docker +Running +tcp://" machsh ls
    good '^x$' machsh ssh "$name" echo x
    good 'was stopped' machsh stop "$name"
    good Stopped docker_machine status "$name"
    good 'Successfully removed' docker_machine rm -y "$name"
    refused 'No such container' docker_here container inspect "machsh-$name"
}

# What a driver that can do everything must do: NAME PROGRAM
life_of() {
    local name=$1 program=$2
    good "$name .*Running +tcp://" "$program" ls
    good 'DOCKER_HOST="tcp://' "$program" env --shell bash "$name"
    good '^[0-9.]+$' "$program" ip "$name"
    good 'tcp://' "$program" url "$name"
    good 'Server:' "$program" ssh "$name" docker version
    good 'was stopped' "$program" stop "$name"
    good Stopped "$program" status "$name"
    refused 'not running' "$program" env --shell bash "$name"
    good 'was started' "$program" start "$name"
    good Running "$program" status "$name"
    good 'Restarting' "$program" restart "$name"
    good 'was killed' "$program" kill "$name"
    good Stopped "$program" status "$name"
    good 'was started' "$program" start "$name"
}

bridged() {
    bridged_generic
    flags_of_programs
    failures_of_programs
}

# The driver generic inside docker-machine, on a host that is a container.
bridged_generic() {
    local host=trial-host name=trial-bridged folder
    machsh rm -y -f "$host" "$name" >/dev/null 2>&1 || true
    good 'up and running' machsh create -d docker "$host"
    folder=$MACHINE_STORAGE_PATH/machines/$host
    good 'generic-ip-address' machsh create -d generic --driver-program "$PROGRAMS/docker-machine" --help
    refused 'generic-ip-address' machsh create -d generic --driver-program "$PROGRAMS/docker-machine" "$name"
    good 'up and running' machsh create -d generic --driver-program "$PROGRAMS/docker-machine" \
        --generic-ip-address "$(machsh ip "$host")" --generic-ssh-key "$folder/id_ed25519" "$name"
    good "$name .*generic +Running +tcp://" machsh ls
    good 'DOCKER_HOST="tcp://' machsh env --shell bash "$name"
    good 'Server:' machsh ssh "$name" docker version
    good 'Server Version' machsh -c "@$name docker info"
    refused 'does not support' machsh stop "$name" # nor restart: a container that reboots is one that ends
    good "$name .*generic +Running +tcp://" docker_machine ls
    good '"EnginePort": 2376' docker_machine inspect "$name"
    good 'Successfully removed' machsh rm -y "$name"
    good 'Successfully removed' machsh rm -y "$host"
}

flags_of_programs() {
    local driver
    for driver in amazonec2 azure digitalocean exoscale google openstack rackspace softlayer virtualbox \
        vmwarevcloudair vmwarevsphere; do # vmwarefusion has its flags on macOS only
        good "^ +--$driver-" machsh create -d "$driver" --help
    done
    # Built-in drivers have these names, too: the program is named.
    good '^ +--qemu-memory.*1024' machsh create -d qemu --driver-program "$QEMU" --help
    good '^ +--cloudscale-token.*CLOUDSCALE_TOKEN' machsh create -d cloudscale --help
}

# What drivers refuse is told as they say it; what was begun is listed and can be removed, by both programs.
failures_of_programs() {
    refused 'requires the --digitalocean-access-token' machsh create -d digitalocean trial-ocean
    refused 'requires the --cloudscale-token' machsh create -d cloudscale trial-cloud
    have VBoxManage || refused 'VBoxManage not found' machsh create -d virtualbox trial-box
    refused 'not defined: -qemu-nothing' machsh create -d qemu --driver-program "$QEMU" --qemu-nothing trial-qemu
    machsh rm -y -f trial-qemu trial-cloud >/dev/null 2>&1 || true
    refused 'Error in driver during machine creation' machsh create -d qemu --driver-program "$QEMU" \
        --qemu-boot2docker-url file:///nowhere trial-qemu
    good 'trial-qemu .*qemu +Stopped .*not finished' machsh ls
    good 'trial-qemu .*qemu +Stopped' docker_machine ls
    good 'Successfully removed trial-qemu' machsh rm -y trial-qemu
    refused 'Error in driver during machine creation' machsh create -d cloudscale --cloudscale-token wrong trial-cloud
    good 'trial-cloud .*cloudscale +Error .*not finished' machsh ls
    good 'trial-cloud .*cloudscale +Error' docker_machine ls
    refused 'Error removing host' machsh rm -y trial-cloud
    good 'Successfully removed' machsh rm -y -f trial-cloud
}

clean() {
    local name
    if [ -x "$CACHE/venv/bin/machsh" ] && engine_answers; then
        for name in trial-served trial-host trial-bridged trial-qemu trial-cloud; do
            [ ! -d "$MACHINE_STORAGE_PATH/machines/$name" ] || quietly machsh rm -y -f "$name" || die "$name could not be removed"
        done
    fi
    as_root rm -rf "$TRIAL" "$CACHE/driver-programs"
}

main() {
    case ${1:-} in
        "" | served | bridged) bring_up ;;
        --clean) clean && exit ;;
        -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit ;;
        *) die "unknown word $1; there are served, bridged and --clean" ;;
    esac
    [ "${1:-}" = bridged ] || served
    [ "${1:-}" = served ] || bridged
    [ "$FAILED" = 0 ] || die "some of it came out wrong: see above"
}

main "$@"
