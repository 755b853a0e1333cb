# shellcheck shell=bash
# The image that hosts are built from: pulled, or made by debootstrap where no registry answers.

BASE=debian:bookworm-slim
SUITE=bookworm
BASE_PACKAGES=systemd-sysv,openssh-server,sudo,iproute2,iptables,ca-certificates,curl,procps,dbus

ensure_base() {
    docker_here image inspect "$BASE" >/dev/null 2>&1 && return
    touch "$MADE/base"
    say "pulling $BASE"
    quiet_pull "$BASE" && return
    [ -s "$CACHE/base.tar" ] || bootstrap
    say "importing the base image"
    quietly docker_here import "$CACHE/base.tar" "$BASE" || die "the engine could not import the base image"
}

quiet_pull() { timeout 180 env -u DOCKER_HOST docker pull -q "$1" >/dev/null 2>&1; }

bootstrap() {
    local folder=$CACHE/base mirror
    need_packages debootstrap
    mirror=$(own_mirror)
    say "no registry answers: making $BASE with debootstrap (about a minute)"
    # What is not on the machine by itself, as on Ubuntu, is the key that Debian's packages are signed with.
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || need_packages debian-archive-keyring
    as_root rm -rf "$folder"
    # shellcheck disable=SC2086 # no mirror is no word: debootstrap then takes its own
    quietly as_root debootstrap --variant=minbase --include="$BASE_PACKAGES" \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$SUITE" "$folder" $mirror ||
        die "no base image: no registry answers, and debootstrap could not reach a mirror of Debian"
    as_root rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
    as_root tar -C "$folder" -cf "$CACHE/base.tar.part" .
    as_root mv "$CACHE/base.tar.part" "$CACHE/base.tar"
    as_root rm -rf "$folder"
}

# The mirror that this machine's apt takes the suite from; nothing when it takes it from nowhere.
own_mirror() {
    # shellcheck disable=SC2016 # apt fills it in
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' "Release: $SUITE" 'Component: main' 2>/dev/null | head -n 1
}
