# shellcheck shell=bash
# Shared by the scripts that bring a machine up. Source it; it runs nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${MACHSH_LAB_CACHE:-$ROOT/.cache}
MADE=$CACHE/made # what these scripts made, so that it can be removed again
# shellcheck disable=SC2034 # used by what sources this
PYTHON=$CACHE/venv/bin/python
mkdir -p "$MADE"
unset PYTHONDONTWRITEBYTECODE # machsh starts as fast as it does for a user

say() { printf '\033[2m== %s\033[0m\n' "$*" >&2; }

# The one clear sentence of a script that cannot go on.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "this needs root: run it as root, or install sudo"
    fi
}

# Run quietly; show what it said only when it fails.
quietly() {
    local log
    log=$(mktemp "$CACHE/quietly.XXXXXX.log") # several run at a time
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 15 "$log" >&2
    rm -f "$log"
    return 1
}

# Install the Debian packages that are missing; those that are newly installed are remembered.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    have apt-get || die "these packages are missing and there is no apt to get them: ${missing[*]}"
    say "installing ${missing[*]}"
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
        die "apt-get update failed: are the package mirrors reachable?"
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
        die "apt could not install ${missing[*]}"
    printf '%s\n' "${missing[@]}" >>"$MADE/packages"
}

# Call a function again and again until it is true, for at most so many seconds.
wait_for() {
    local seconds=$1 ends
    shift
    ends=$((SECONDS + seconds))
    until "$@"; do
        [ "$SECONDS" -lt "$ends" ] || return 1
        sleep 0.2
    done
}

# Run a program of root's in the background, out of reach of this terminal: NAME PROGRAM ARGUMENTS...
start_in_background() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # the inner shell expands it
    as_root setsid sh -c 'pid=$1 log=$2; shift 2; "$@" >"$log" 2>&1 </dev/null & echo $! >"$pid"' \
        sh "$MADE/$name.pid" "$CACHE/$name.log" "$@"
}

# Whether a program that we started still runs: NAME PROGRAM
runs() {
    local pid
    pid=$(cat "$MADE/$1.pid" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "${2:0:15}" ]
}

# End a program that we started; a pid that is another program's by now is left alone: NAME PROGRAM
end() {
    if runs "$1" "$2"; then
        as_root kill "$(cat "$MADE/$1.pid")"
        wait_for 30 not_running "$1" "$2" || true
    fi
    as_root rm -f "$MADE/$1.pid"
}

not_running() { ! runs "$@"; }
