from machsh.provision.init_systems import SYSTEMD


def test_an_engine_that_boots_meanwhile_reads_its_files_again():
    """`systemctl start` would leave a service alone that the boot has begun with the old certificate."""
    assert SYSTEMD.starts[-1] == ("systemctl", "restart", "docker.service")
    assert "start" not in [command[1] for command in SYSTEMD.starts]
