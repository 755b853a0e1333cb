# shellcheck shell=bash
# Where Docker Hub does not answer: a registry on this machine with busybox in it, for every host to pull from.

# shellcheck disable=SC2034 # read by what sources this
STARTED_REGISTRY=

# Sets ENGINE_REGISTRY_MIRROR, which `create` hands on to the hosts' engines, when the hub is out of reach.
ensure_pulls() {
    if ! runs registry docker-registry && hub_answers; then return; fi
    need_packages docker-registry busybox-static iproute2
    quiet_service
    runs registry docker-registry || start_registry
    local port
    port=$(cat "$MADE/registry.port")
    registry_has_busybox "$port" || fill_registry "$port"
    ENGINE_REGISTRY_MIRROR=http://$(bridge_address):$port
    export ENGINE_REGISTRY_MIRROR
}

# The package brings a service up at once; nobody asked for that one.
quiet_service() {
    if [ -d /run/systemd/system ] && grep -qx docker-registry "$MADE/packages" 2>/dev/null; then
        quietly as_root systemctl disable --now docker-registry
    fi
}

hub_answers() {
    local seconds=10
    "$PYTHON" - "$seconds" <<'PYTHON' 2>/dev/null
import sys, urllib.error, urllib.request

try:
    urllib.request.urlopen("https://registry-1.docker.io/v2/", timeout=float(sys.argv[1]))
except urllib.error.HTTPError as error:
    sys.exit(error.code != 401)
except OSError:
    sys.exit(1)
PYTHON
}

start_registry() {
    local port
    port=$(free_port)
    say "Docker Hub does not answer: serving busybox from a registry on port $port"
    mkdir -p "$CACHE/registry"
    cat >"$CACHE/registry/config.yml" <<YAML
version: 0.1
storage:
  filesystem:
    rootdirectory: $CACHE/registry/data
http:
  addr: 0.0.0.0:$port
YAML
    start_in_background registry docker-registry serve "$CACHE/registry/config.yml"
    STARTED_REGISTRY=yes
    echo "$port" >"$MADE/registry.port"
    wait_for 20 listens "$port" || die "the registry does not start: $(tail -n 1 "$CACHE/registry.log")"
}

free_port() {
    local port
    for port in 5000 5001 5002 5003 5004 5005; do
        if ! listens "$port"; then
            echo "$port"
            return
        fi
    done
    die "ports 5000 to 5005 are all in use, and the registry needs one"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

registry_has_busybox() { [ -d "$CACHE/registry/data/docker/registry/v2/repositories/library/busybox/_manifests/tags" ]; }

# The engine trusts plain HTTP only on 127.0.0.0/8, so that is where it pushes to.
fill_registry() {
    local folder=$CACHE/busybox image=127.0.0.1:$1/library/busybox:latest
    rm -rf "$folder"
    mkdir -p "$folder"/{bin,etc,tmp,root}
    cp "$(command -v busybox)" "$folder/bin/busybox"
    "$folder/bin/busybox" --list | while read -r name; do
        [ "$name" = busybox ] || ln -s busybox "$folder/bin/$name"
    done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$folder/etc/passwd"
    tar -C "$folder" --owner=0 --group=0 -cf "$CACHE/busybox.tar" .
    rm -rf "$folder"
    quietly docker_here import -c 'CMD ["sh"]' "$CACHE/busybox.tar" "$image" || die "busybox could not be imported"
    quietly docker_here push "$image" || die "busybox could not be pushed to the registry of this machine"
    docker_here rmi "$image" >/dev/null
}

bridge_address() {
    local address
    address=$(ip -4 -o addr show docker0 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p')
    [ -n "$address" ] || die "the engine has no bridge docker0 to serve its hosts on"
    echo "$address"
}

stop_registry() { end registry docker-registry; }
