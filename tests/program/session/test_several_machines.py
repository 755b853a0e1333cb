"""One line on several machines."""

import pytest

from tests.support.processes import run


@pytest.mark.parametrize("targets", ["@all", "@a,b"])
def test_several_machines_at_once_with_their_names(fleet, targets):
    code, out, _ = run(fleet, "-c", f"{targets} docker lines")
    assert code == 0
    assert sorted(out.splitlines()) == [f"{name} | {name} line {n}" for name in "ab" for n in (1, 2, 3)]


def test_the_worst_code_and_side_by_side(fleet):
    # Each waits until the other has come: one after the other would never end well.
    meet = 'touch "$DOCKER_MACHINE_NAME.here"; n=0\nwhile [ $n -lt 50 ]; do [ -e a.here ] && [ -e b.here ] && break\n'
    meet += "n=$((n + 1)); sleep 0.1; done\n[ $n -lt 50 ] || exit 99\n[ $DOCKER_MACHINE_NAME = a ] && exit 6\nexit 2\n"
    (fleet / "bin" / "docker").write_text("#!/bin/sh\ncase $1 in --*) echo; exit;; esac\n" + meet)
    code, _, err = run(fleet, "-c", "@all docker meet")
    assert code == 6, err
