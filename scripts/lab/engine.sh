# shellcheck shell=bash
# A Docker engine on this machine: the one that answers, else Debian's.

# shellcheck disable=SC2034 # read by what sources this
STARTED_ENGINE=

engine_answers() {
    [ -S /var/run/docker.sock ] && have docker && as_user_of_engine docker version >/dev/null 2>&1
}

# The socket belongs to root and the group docker; someone else needs sudo for it.
as_user_of_engine() {
    if [ -w /var/run/docker.sock ]; then "$@"; else as_root "$@"; fi
}

docker_here() { as_user_of_engine env -u DOCKER_HOST -u DOCKER_CONTEXT docker "$@"; }

ensure_engine() {
    engine_answers && return
    have dockerd || need_packages docker.io
    wait_for 5 engine_answers && return
    say "starting a Docker engine"
    if [ -d /run/systemd/system ]; then
        quietly as_root systemctl start docker || die "systemctl could not start docker: see journalctl -u docker"
    else
        clear_stale_pid
        start_in_background dockerd dockerd
        STARTED_ENGINE=yes
    fi
    wait_for 60 engine_answers ||
        die "the Docker engine does not start: $(tail -n 1 "$CACHE/dockerd.log" 2>/dev/null || echo see its log)"
}

# An engine that was killed leaves its pid behind, which may be another program's by now: dockerd then refuses.
clear_stale_pid() {
    local file=/var/run/docker.pid pid
    pid=$(cat "$file" 2>/dev/null) || return 0
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || as_root rm -f "$file"
}

# Ends the engine only when these scripts started it.
stop_engine() { end dockerd dockerd; }
