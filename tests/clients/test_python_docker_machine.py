"""python-docker-machine: every call of its class."""

import subprocess
import textwrap

import pytest

pytestmark = pytest.mark.live


def python(clients, house, text):
    """Run lines with `m` being its Machine; the last line's repr."""
    program = (
        f"from machine import Machine\nm = Machine()\nname = {getattr(house, 'name', '')!r}\n"
        + textwrap.dedent(text)
    )
    variables = dict(house.variables)
    done = subprocess.run(
        [clients / "python", "-c", program],
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_it_finds_the_program_and_its_version(clients, house):
    assert python(clients, house, "print(m.version()); print(m.active()); print(m.exists('nosuch'))") == [
        "0.16.2",
        "None",
        "False",
    ]


def test_what_it_reads_of_a_machine(clients, real):
    lines = python(
        clients,
        real,
        """
        row = next(row for row in m.ls() if row["Name"] == name)
        print(row["State"], row["DriverName"], row["URL"], row["DockerVersion"][:1])
        print(row["ResponseTime"])
        print(m.exists(name), m.status(name), m.url(name), m.ip(name))
        print(m.inspect(name)["Driver"]["MachineName"] == name)
        print(any(word.startswith("DOCKER_HOST=") for word in m.env(name)))
        print(m.ssh(name, "echo hello"))
        """,
    )
    address = real.run("ip", real.name).stdout.strip()
    assert lines[0] == f"Running docker tcp://{address}:2376 v"
    assert lines[1].rstrip("0123456789.") == "" or lines[1].endswith("s")
    assert lines[2] == f"True True tcp://{address}:2376 {address}"
    assert lines[3:] == ["True", "True", "['hello']"]


def test_docker_takes_its_configuration(clients, real):
    assert python(clients, real, "import docker; print(docker.DockerClient(**m.config(name)).ping())") == [
        "True"
    ]


def test_files_and_life(clients, real):
    lines = python(
        clients,
        real,
        """
        open("/tmp/" + name, "w").write("hello")
        m.scp("/tmp/" + name, name + ":/tmp/copied")
        print(m.ssh(name, "cat /tmp/copied"))
        print(m.provision(name), m.regenerate_certs(name))
        print(m.stop(name), m.status(name))
        try:
            m.stop(name)
        except RuntimeError as error:
            print("already stopped" in str(error))
        print(m.start(name), m.restart(name), m.status(name))
        print(m.kill(name), m.start(name), m.status(name))
        """,
    )
    assert lines == ["['hello']", "True True", "True False", "True", "True True True", "True True True"]


def test_create_and_remove(clients, house):
    lines = python(
        clients,
        house,
        """
        print(m.create("x", driver="none", xarg=["--url", "tcp://127.0.0.1:1"]), m.exists("x"))
        print(m.rm("x"), m.exists("x"))
        print(m.create("y", driver="none", xarg=["--url", "tcp://127.0.0.1:1"]), m.rm("y", force=True))
        """,
    )
    assert lines == ["0 True", "True False", "0 True"]
