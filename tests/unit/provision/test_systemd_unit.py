import pytest

from machsh.provision.engine_config.systemd_unit import (
    CommandLine,
    assignments,
    drop_in,
    quoted,
    start_line,
    without,
)

UNIT = """# /lib/systemd/system/docker.service
[Unit]
ExecStart=/not/this
[Service]
#ExecStart=/nor/this
ExecStart=/usr/bin/dockerd \\
    -H fd:// $OPTIONS
# /etc/systemd/system/docker.service.d/a.conf
[Service]
ExecStart=
ExecStart=/usr/bin/dockerd -H fd:// --icc=false
"""


def test_the_last_exec_start_holds_and_continued_lines_are_joined():
    assert start_line(UNIT) == "/usr/bin/dockerd -H fd:// --icc=false"
    assert start_line(UNIT.partition("# /etc")[0]).split() == ["/usr/bin/dockerd", "-H", "fd://", "$OPTIONS"]


@pytest.mark.parametrize("name", ["zz-machsh.conf", "10-machine.conf"])
def test_our_drop_in_and_docker_machines_are_left_aside(name):
    text = UNIT + f"# /etc/systemd/system/docker.service.d/{name}\n[Service]\nExecStart=\nExecStart=/other\n"
    assert start_line(text) == "/usr/bin/dockerd -H fd:// --icc=false"


@pytest.mark.parametrize(
    ("line", "kept", "taken"),
    [
        ("dockerd -H fd:// --icc=false", "dockerd --icc=false", ["host=fd://"]),
        ("dockerd --host fd://", "dockerd", ["host=fd://"]),
        ("dockerd --host=fd://", "dockerd", ["host=fd://"]),
        ("dockerd -H=fd://", "dockerd", ["host=fd://"]),
        ("dockerd -Hfd://", "dockerd", ["host=fd://"]),
        ('dockerd -H "unix:///a b"', "dockerd", ["host=unix:///a b"]),
        ("dockerd --tlsverify --bip 1.2.3.4/24", "dockerd --bip 1.2.3.4/24", ["tlsverify"]),
        ("dockerd --tlsverify=true x", "dockerd x", ["tlsverify=true"]),
        ('dockerd --data-root "/srv/my docker"', 'dockerd --data-root "/srv/my docker"', []),
        ("-/usr/bin/dockerd $A ${B} -D", "-/usr/bin/dockerd $A ${B} -D", []),
        ("dockerd $CLASH -D", "dockerd --icc=false -D", ["host=tcp://1.2.3.4:1"]),
        ("dockerd ${CLASH}", "dockerd --icc=false", ["host=tcp://1.2.3.4:1"]),
        ("dockerd $FINE", "dockerd $FINE", []),
        ("dockerd -H", "dockerd", ["host"]),
    ],
)
def test_takes_flags_from_a_command_line(line, kept, taken):
    variables = {"CLASH": "-H tcp://1.2.3.4:1 --icc=false", "FINE": "--icc=false"}
    found = without(line, ["hosts", "tlsverify"], variables)
    assert found == CommandLine(tuple(kept.split(" ")) if '"' not in kept else found.words, tuple(taken))
    assert " ".join(found.words) == kept


def test_assignments():
    text = "# A=1\nA=2\nexport B='x y'\nC=\"a \\\" b\"\nD='\n-H x\n'\nbroken line\n"
    assert assignments(text) == {"A": "2", "B": "x y", "C": 'a \\" b', "D": "\n-H x\n"}


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("A=1", '"A=1"'),
        ("A=x y", '"A=x y"'),
        ('A="q"', '"A=\\"q\\""'),
        ("A=50%", '"A=50%%"'),
        ("A=$HOME", '"A=$HOME"'),
        ("A=a\\b", '"A=a\\\\b"'),
        ("A=a\nb", '"A=a\\nb"'),
        ("A=it's", '"A=it\'s"'),
    ],
)
def test_quoted_for_systemd(variable, text):
    assert quoted(variable) == text


def test_no_drop_in_where_none_is_needed():
    assert drop_in(CommandLine(("dockerd",), ()), []) == ""
    assert drop_in(None, ["A=1"]).splitlines()[1:] == ["[Service]", 'Environment="A=1"']
