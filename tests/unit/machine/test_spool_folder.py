"""The folder for layers on their way to other engines."""

import os

from machsh.files import locked
from machsh.machine.shipping.spool_folder import spool_folder
from machsh.testing.fakes import FakeEnvironment


def test_what_a_crash_left_is_removed_but_no_folder_that_lives_or_has_just_been_made(tmp_path):
    environment = FakeEnvironment(tmp_path)
    above = environment.cache_folder / "ship"
    for name in ("saved-left", "saved-young", "saved-living", "other"):
        (above / name).mkdir(parents=True)
        (above / name / "layer").touch()
    (above / "saved-living" / "lock").touch()
    now = environment.now()
    for name, age in (("saved-left", 120), ("saved-young", 1), ("saved-living", 120), ("other", 120)):
        os.utime(above / name, (now - age, now - age))
    with locked(above / "saved-living" / "lock"), spool_folder(environment) as folder:
        assert {one.name for one in above.iterdir()} == {"saved-young", "saved-living", "other", folder.name}
    assert not folder.exists()
