# shellcheck shell=bash
# docker-machine and driver programs of others, built from their repositories with Debian's golang.

PROGRAMS=$CACHE/driver-programs/bin
GO_SOURCES=$CACHE/driver-programs/src/github.com
GITHUB=${GITHUB:-https://github.com}

# Repository, package in it, and program: all of them find docker-machine's library in the same GOPATH.
DRIVER_PROGRAMS=(
    "docker/machine cmd/docker-machine docker-machine"
    "machine-drivers/docker-machine-driver-qemu cmd docker-machine-driver-qemu"
    "cloudscale-ch/docker-machine-driver-cloudscale . docker-machine-driver-cloudscale"
)

ensure_driver_programs() {
    local line repository package program
    mkdir -p "$PROGRAMS"
    for line in "${DRIVER_PROGRAMS[@]}"; do
        read -r repository package program <<<"$line"
        [ -x "$PROGRAMS/$program" ] || build_program "$repository" "$package" "$program"
    done
}

build_program() {
    local folder=$GO_SOURCES/$1
    say "building $3 from $GITHUB/$1"
    [ -d "$folder" ] || quietly git clone -q --depth 1 "$GITHUB/$1" "$folder" || die "$1 could not be cloned"
    (cd "$folder" && quietly env GOPATH="$CACHE/driver-programs" GO111MODULE=off GOFLAGS= go build -o "$PROGRAMS/$3" "./$2") ||
        die "$3 could not be built"
}
