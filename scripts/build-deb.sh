#!/usr/bin/env bash
# A Debian package of machsh with a Python environment of its own.
#
#   scripts/build-deb.sh [--python 3.13] [--output FOLDER]
#
# It is for the Debian or Ubuntu whose python3 has that version: 3.11 is Debian 12, 3.12 Ubuntu 24.04, 3.13
# Debian 13. Without --python it is for this machine, without --output it goes to dist/. Prints its path.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/lab/venv.sh"

HOME_OF_PACKAGE=usr/lib/machsh

main() {
    local python='' output=$ROOT/dist
    while [ $# -gt 0 ]; do
        case $1 in
            --python) python=${2:?--python wants a version, such as 3.13} ;;
            --output) output=${2:?--output wants a folder} ;;
            -h | --help)
                sed -n '2,7s/^# \{0,1\}//p' "$0"
                return
                ;;
            *) die "unknown option $1; there are --python and --output" ;;
        esac
        shift 2
    done
    python=${python:-$("$(find_python)" -c 'import sys; print("%d.%d" % sys.version_info[:2])')}
    [[ $python =~ ^3\.[0-9]+$ ]] || die "--python $python is not a version: write 3.13"
    have dpkg-deb || die "dpkg-deb is missing: build the package on Debian or Ubuntu"
    make_venv user
    build "$python" "$output"
}

build() {
    local python=$1 output=$2 work version file
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$work'" EXIT
    version=$("$PYTHON" -c 'import machsh; print(machsh.__version__)')
    quietly "$PYTHON" -m pip wheel --no-deps --disable-pip-version-check --wheel-dir "$work" "$ROOT" ||
        die "pip could not build the wheel"
    make_environment "$work" "$python"
    move_shared_files "$work/root"
    describe "$work/root" "$version" "$python"
    chmod -R u=rwX,go=rX "$work/root"
    mkdir -p "$output"
    file=$output/machsh_${version}+python${python}_$(dpkg --print-architecture).deb
    quietly dpkg-deb --root-owner-group --build "$work/root" "$file" || die "dpkg-deb could not build $file"
    echo "$file"
}

# What `python -m venv` and pip would make on the machine that the package is installed on.
make_environment() {
    local work=$1 python=$2 folder=$1/root/$HOME_OF_PACKAGE
    local site=$folder/lib/python$python/site-packages
    mkdir -p "$folder/bin" "$site"
    quietly "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-compile --target "$site" \
        --python-version "$python" --only-binary :all: "$work"/machsh-*.whl ||
        die "pip found no built packages of what machsh needs for Python $python"
    rm -rf "$site/bin"
    ln -s /usr/bin/python3 "$folder/bin/python3"
    printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = %s\n' "$python" >"$folder/pyvenv.cfg"
    cat >"$folder/bin/machsh" <<PYTHON
#!/$HOME_OF_PACKAGE/bin/python3
from machsh.cli import main

raise SystemExit(main())
PYTHON
    chmod +x "$folder/bin/machsh"
    mkdir -p "$work/root/usr/bin"
    ln -s ../lib/machsh/bin/machsh "$work/root/usr/bin/machsh"
}

# The wheel's manual page and completion files go to where Debian has them; its zsh has a folder of its own.
move_shared_files() {
    local root=$1 share
    share=$(echo "$root/$HOME_OF_PACKAGE"/lib/python*/site-packages/share)
    mv "$share" "$root/usr/share"
    mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"
    gzip -9n "$root/usr/share/man/man1/machsh.1"
    install -D -m 644 "$ROOT/LICENSE" "$root/usr/share/doc/machsh/copyright"
}

describe() {
    local root=$1 version=$2 python=$3
    mkdir "$root/DEBIAN"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: machsh
Version: $version+python$python
Architecture: $(dpkg --print-architecture)
Maintainer: the machsh project
Depends: python3 (>= $python~), python3 (<< 3.$((${python#3.} + 1))~)
Recommends: docker-cli | docker.io | docker-ce-cli, openssh-client
Section: admin
Priority: optional
Installed-Size: $(du -sk "$root/usr" | cut -f 1)
Description: Docker hosts, and a shell to work on them
 machsh creates Docker hosts, provisions them with TLS, and keeps the active
 one in its session. It is Docker Machine done again, with a shell of its own.
 .
 This package brings its own copies of the Python packages that it needs.
CONTROL
    # Compiled where it is installed, so that it starts fast; what was compiled leaves with it.
    cat >"$root/DEBIAN/postinst" <<SCRIPT
#!/bin/sh
set -e
if [ "\$1" = configure ]; then
    /$HOME_OF_PACKAGE/bin/python3 -m compileall -q /$HOME_OF_PACKAGE/lib
fi
SCRIPT
    cat >"$root/DEBIAN/prerm" <<SCRIPT
#!/bin/sh
set -e
find /$HOME_OF_PACKAGE -type d -name __pycache__ -prune -exec rm -rf {} +
SCRIPT
    chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm"
}

main "$@"
