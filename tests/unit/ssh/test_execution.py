from machsh.ssh.execution import short_command


def test_a_long_command_is_shortened_for_errors():
    assert short_command("uname -a") == "uname -a"
    assert short_command("set -e\nsecond line") == "set -e..."
    assert short_command("x" * 200) == "x" * 80 + "..."
