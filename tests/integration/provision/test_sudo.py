"""The question to sudo, asked by a real sh."""

import subprocess

import pytest

from machsh.provision.sudo import PROBE


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1", "must have a tty"),
        ("exit 0", ""),
        (None, "command not found"),
    ],
)
def test_the_probe_prints_what_sudo_says(tmp_path, script, said):
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    if script is not None:
        (tmp_path / "sudo").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "sudo").chmod(0o755)
    environment = {"PATH": str(tmp_path)}
    done = subprocess.run(
        ["/bin/sh", "-c", f"( {PROBE}\n) 2>/dev/null"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stdout if said else done.stdout == ""
