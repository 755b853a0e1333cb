# shellcheck shell=bash
# The images that hosts are built from: pulled, or made by debootstrap where no registry answers.

BASE=debian:bookworm-slim
# shellcheck disable=SC2034 # used by what sources this
MODERN_BASES=(debian:trixie-slim debian:sid-slim)
BASE_PACKAGES=systemd-sysv,openssh-server,sudo,iproute2,iptables,ca-certificates,curl,procps,dbus
# The lists of sid are good for a week, and mirrors that stand still are of use for longer.
BASE_APT='Acquire::Check-Valid-Until "false";'
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Makes the engine have these images, `debian:SUITE-slim` each; all that are missing are made at a time.
ensure_bases() {
    local missing
    mapfile -t missing < <(missing_images "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    printf '%s\n' "${missing[@]}" >>"$MADE/bases"
    say "pulling ${missing[*]}"
    all_at_once quiet_pull "${missing[@]}" && return
    mapfile -t missing < <(missing_images "$@")
    need_packages debootstrap
    # What is not on the machine by itself, as on Ubuntu, is the key that Debian's packages are signed with.
    [ -e "$KEYRING" ] || need_packages debian-archive-keyring
    say "no registry answers: making ${missing[*]} with debootstrap (about a minute)"
    all_at_once bootstrap "${missing[@]}" || exit 1
}

missing_images() {
    local image
    for image in "$@"; do
        docker_here image inspect "$image" >/dev/null 2>&1 || echo "$image"
    done
}

# Call a function with each of the words, all at a time; false when it was false for one.
all_at_once() {
    local function=$1 word jobs=() job code=0
    shift
    for word in "$@"; do
        "$function" "$word" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || code=1; done
    return "$code"
}

quiet_pull() { timeout 180 env -u DOCKER_HOST docker pull -q "$1" >/dev/null 2>&1; }

# Makes one image; the tar that it is imported from is kept, and made anew when the packages wanted change.
bootstrap() {
    local image=$1 suite content tar
    suite=${image#debian:} suite=${suite%-slim}
    content=$(echo "$suite $BASE_PACKAGES $BASE_APT" | sha256sum)
    tar=$CACHE/base-$suite-${content:0:12}.tar
    [ -s "$tar" ] || debootstrap_into "$tar" "$suite"
    quietly docker_here import "$tar" "$image" || die "the engine could not import the base image $image"
}

debootstrap_into() {
    local tar=$1 suite=$2 folder=$CACHE/base-$2 mirror
    mirror=$(own_mirror)
    as_root rm -rf "$folder"
    # shellcheck disable=SC2086 # no mirror is no word: debootstrap then takes its own
    quietly as_root debootstrap --variant=minbase --include="$BASE_PACKAGES" --keyring="$KEYRING" \
        "$suite" "$folder" $mirror ||
        die "no image $suite of Debian: no registry answers, and ${mirror:-the mirror of debootstrap} is out of reach or does not serve it"
    as_root rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
    echo "$BASE_APT" | as_root tee "$folder/etc/apt/apt.conf.d/90mirror" >/dev/null
    as_root tar -C "$folder" -cf "$tar.part" .
    as_root mv "$tar.part" "$tar"
    as_root rm -rf "$folder"
}

# The mirror that this machine's apt takes Debian from; nothing when it takes it from nowhere.
own_mirror() {
    # shellcheck disable=SC2016 # apt fills it in
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Component: main' 2>/dev/null |
        grep -v -e security -e backports | head -n 1
}
