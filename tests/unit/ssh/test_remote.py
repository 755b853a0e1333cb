from machsh.ssh.remote import short


def test_a_long_command_is_shortened_for_errors():
    assert short("uname -a") == "uname -a"
    assert short("set -e\nsecond line") == "set -e..."
    assert short("x" * 200) == "x" * 80 + "..."
