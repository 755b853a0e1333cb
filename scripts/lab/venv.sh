# shellcheck shell=bash
# A virtual environment with machsh from this checkout.

find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if have "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or newer is missing: install it first"
}

# make_venv user, or `make_venv dev`: also the tools that the tests need, and our own plugins.
make_venv() {
    local kind=$1 base stamp wanted
    base=$(find_python)
    wanted=$(cat "$ROOT/pyproject.toml" "$ROOT"/plugins/*/pyproject.toml | sha256sum)
    stamp=$CACHE/venv/$kind.stamp
    # One for the tests serves a user, too.
    if grep -qsxF "$wanted" "$stamp" "$CACHE/venv/dev.stamp" && "$PYTHON" -c 'import machsh' 2>/dev/null; then
        return
    fi
    say "installing machsh into $CACHE/venv"
    [ -x "$PYTHON" ] || new_venv "$base"
    local packages=(-e "$ROOT") line plugin
    if [ "$kind" = dev ]; then
        while read -r line; do packages+=("$line"); done < <(development_packages "$base")
        for plugin in "$ROOT"/plugins/*/pyproject.toml; do packages+=(-e "$(dirname "$plugin")"); done
    fi
    quietly "$PYTHON" -m pip install --quiet --disable-pip-version-check "${packages[@]}" ||
        die "pip could not install machsh: is a package index reachable?"
    printf '%s\n' "$wanted" >"$stamp"
}

new_venv() {
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        need_packages "python$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    fi
    quietly "$1" -m venv --clear "$CACHE/venv" || die "no virtual environment could be made in $CACHE/venv"
}

# pip of Debian 12 does not know dependency groups yet.
development_packages() {
    "$1" - "$ROOT/pyproject.toml" <<'PYTHON'
import sys, tomllib

with open(sys.argv[1], "rb") as file:
    print("\n".join(tomllib.load(file)["dependency-groups"]["dev"]))
PYTHON
}
