"""Provisioning a machine that is as it should be."""

import uuid
from functools import partial

import pytest

from tests.support.house import House


@pytest.mark.live
def test_provisioning_again_changes_nothing(tmp_path):
    house = House(tmp_path)
    name = f"again-{uuid.uuid4().hex[:6]}"

    machsh = partial(house.machsh, seconds=240)
    try:
        assert machsh("create", "-d", "docker", name).returncode == 0
        assert f"{name}: 0 changes" in machsh("provision", name).stdout
        assert machsh("provision", "--dry-run", name).stdout.splitlines()[-1] == f"{name}: nothing to do"
        machsh("ssh", name, "sudo systemctl stop docker")
        _, plan = machsh("provision", "--dry-run", name).stdout.split(f"{name}:\n")
        assert "docker" in plan
        assert machsh("ssh", name, "systemctl is-active docker").stdout.strip() == "inactive"
    finally:
        machsh("rm", "-f", name)
