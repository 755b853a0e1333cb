"""Files of pins and keys that are none."""

import pytest

from machsh.errors import MachshError
from machsh.ssh import host_keys
from machsh.ssh.keys import load
from machsh.testing.fakes import ScriptedAsk
from tests.support import zoo


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_damaged_pins_are_no_pins_or_a_message(tmp_path, kind):
    zoo.put(tmp_path / "known_hosts", kind)
    if kind in {*zoo.NOT_FILES, "huge"} - {"dangling"}:
        with pytest.raises(MachshError, match="known_hosts"):
            host_keys.read(tmp_path / "known_hosts")
    else:
        assert host_keys.read(tmp_path / "known_hosts") == []


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_a_damaged_key_is_a_message(tmp_path, kind):
    zoo.put(tmp_path / "id", kind)
    if kind in zoo.CONTENTS:
        (tmp_path / "id").chmod(0o600)
    with pytest.raises(MachshError, match="id"):
        load(tmp_path / "id", ScriptedAsk())
