# shellcheck shell=bash
# The newest docker CLI with buildx and compose, out of Debian sid's packages: for the tests alone, never installed.

CLIENT_PACKAGES="docker-cli docker-buildx docker-compose"
CLIENTS=$CACHE/docker-clients # `docker`, and `cli-plugins` as the folder of docker's configuration has it

# shellcheck disable=SC2016 # the container's shell expands it
CLIENT_SCRIPT='set -e
apt-get -q update
mkdir /packages /unpacked
cd /packages
apt-get -q download $@
for package in *.deb; do dpkg-deb -x "$package" /unpacked; done
cp -L /unpacked/usr/bin/docker /out/docker
cp -rL /unpacked/usr/libexec/docker/cli-plugins /out/cli-plugins'

# Needs the base image of sid: see base.sh.
ensure_docker_clients() {
    local wanted
    wanted=$(echo "$CLIENT_PACKAGES $CLIENT_SCRIPT" | sha256sum)
    [ "$(cat "$CLIENTS/stamp" 2>/dev/null)" != "$wanted" ] || return 0
    say "unpacking docker CLI, buildx and compose of Debian sid"
    as_root rm -rf "$CLIENTS" "$CLIENTS.part"
    mkdir -p "$CLIENTS.part"
    # shellcheck disable=SC2086 # one word a package
    quietly docker_here run --rm -v "$CLIENTS.part:/out" debian:sid-slim sh -c "$CLIENT_SCRIPT" sh $CLIENT_PACKAGES ||
        die "no docker CLI, buildx and compose: the mirror of Debian sid does not give $CLIENT_PACKAGES"
    printf '%s\n' "$wanted" >"$CLIENTS.part/stamp"
    mv "$CLIENTS.part" "$CLIENTS"
}
