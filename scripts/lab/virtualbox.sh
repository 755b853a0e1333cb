# shellcheck shell=bash
# The real VirtualBox in a container, for tests alone. Without its kernel module it interprets its guests, slowly.

# bin/VBoxManage; guest.iso; `shared`, a folder at the same path on both sides; `container`, the container's name
VIRTUALBOX=$CACHE/virtualbox
VIRTUALBOX_FILES=$ROOT/scripts/lab/virtualbox
# shellcheck disable=SC2034 # read by what sources this
STARTED_VIRTUALBOX=
# What lets VirtualBox start guests without a kernel module: it interprets all, translated in advance.
INTERPRETER="HM/FallbackToIEM=1 EM/IemExecutesAll=1 EM/IemRecompiled=1"

# Needs an engine and the base images of bookworm and sid: see engine.sh and base.sh.
ensure_virtualbox() {
    mkdir -p "$VIRTUALBOX/bin" "$VIRTUALBOX/shared"
    cp "$VIRTUALBOX_FILES/bin/VBoxManage" "$VIRTUALBOX/bin/VBoxManage"
    ensure_guest
    virtualbox_runs || start_virtualbox
}

start_virtualbox() {
    local image name setting
    image=$(built_once machsh-test-virtualbox "$VIRTUALBOX_FILES/host") || exit 1
    name=machsh-test-virtualbox-$(echo "$CACHE" | sha256sum | cut -c 1-8)
    stop_virtualbox
    # Forwards to guests have to be on this machine's loopback.
    quietly docker_here run -d --init --name "$name" --network host -v "$VIRTUALBOX/shared:$VIRTUALBOX/shared" "$image" ||
        die "the container of VirtualBox does not start"
    echo "$name" >"$VIRTUALBOX/container"
    STARTED_VIRTUALBOX=yes
    # Whoever runs the tests owns the guests' files; VirtualBox wants a user with a name and a home.
    [ "$(id -u)" = 0 ] || quietly docker_here exec "$name" useradd -m -u "$(id -u)" -g "$(id -g)" -o tester
    for setting in $INTERPRETER; do
        quietly "$VIRTUALBOX/bin/VBoxManage" setextradata global "VBoxInternal/${setting%=*}" "${setting#*=}" ||
            die "VirtualBox does not answer in its container"
    done
}

virtualbox_runs() {
    local name
    name=$(cat "$VIRTUALBOX/container" 2>/dev/null) || return 1
    [ "$(docker_here inspect -f '{{.State.Running}} {{.Config.Image}}' "$name" 2>/dev/null)" = \
        "true $(image_by_content machsh-test-virtualbox "$VIRTUALBOX_FILES/host")" ]
}

stop_virtualbox() {
    local name
    name=$(cat "$VIRTUALBOX/container" 2>/dev/null) || return 0
    docker_here rm -f -v "$name" >/dev/null 2>&1 || true
    rm -f "$VIRTUALBOX/container"
}

# The guest's DVD; the file outlives the engine's images.
ensure_guest() {
    local image iso=$VIRTUALBOX/guest.iso
    image=$(image_by_content machsh-test-guest "$VIRTUALBOX_FILES/guest")
    [ "$(cat "$iso.stamp" 2>/dev/null)" != "$image" ] || return 0
    image=$(built_once machsh-test-guest "$VIRTUALBOX_FILES/guest") || exit 1
    docker_here run --rm "$image" cat /guest.iso >"$iso.part" || die "the guest's DVD could not be read"
    mv "$iso.part" "$iso"
    echo "$image" >"$iso.stamp"
}

# A name for an image by what it is built from: NAME FOLDER
image_by_content() {
    echo "$1:$(cd "$2" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)"
}

# Builds an image unless the engine has it, and prints its name: NAME FOLDER
built_once() {
    local image
    image=$(image_by_content "$1" "$2")
    if ! docker_here image inspect "$image" >/dev/null 2>&1; then
        say "building $image (a minute or two)"
        quietly docker_here build --force-rm -t "$image" "$2" ||
            die "$image could not be built: does the mirror serve Debian's main and contrib?"
        echo "$image" >>"$MADE/images"
    fi
    echo "$image"
}
