"""GitLab Runner's executor docker+machine: each call that it makes, and the files that it reads itself."""

import json
import subprocess
import threading

import pytest

pytestmark = pytest.mark.live
GLOBAL = "--bugsnag-api-token=no-report"
FOLDER = "{{.HostOptions.AuthOptions.StorePath}}"


def names(store):
    """The machines as the runner finds them: folders whose name begins with no dot."""
    folder = store / "machines"
    return sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))


def test_ten_creates_at_once_in_a_new_store(house):
    wanted = [f"runner-abc-{number}-1700000000-0a1b2c3d" for number in range(10)]
    done = {}

    def create(name):
        url = f"--url=tcp://127.0.0.1:{wanted.index(name) + 1}"
        done[name] = house.run(GLOBAL, "create", "--driver", "none", url, "--engine-label=a=b", name)

    threads = [threading.Thread(target=create, args=(name,)) for name in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: (one.returncode, one.stderr) for name, one in done.items()} == dict.fromkeys(
        wanted, (0, "")
    )
    assert names(house.store) == sorted(wanted)
    assert sum("Creating CA" in one.stdout for one in done.values()) == 1
    for name in wanted:
        record = json.loads((house.store / "machines" / name / "config.json").read_text())
        assert record["DriverName"] == "none"
        assert record["HostOptions"]["EngineOptions"]["Labels"] == ["a=b"]
    for name in wanted:
        removed = house.run(GLOBAL, "rm", "-y", name)
        assert removed.returncode == 0, removed.stderr
    assert names(house.store) == []


def test_the_life_of_a_machine(real):
    name = real.name
    assert name in names(real.store)
    record = json.loads((real.store / "machines" / name / "config.json").read_text())
    assert record["Driver"]["MachineName"] == name
    assert real.run(GLOBAL, "inspect", name).returncode == 0
    folder = real.run(GLOBAL, "inspect", name, "-f", FOLDER).stdout.strip()
    url = real.run(GLOBAL, "url", name).stdout.strip()
    assert real.run(GLOBAL, "config", name).returncode == 0
    variables = {**real.variables, "DOCKER_HOST": url, "DOCKER_CERT_PATH": folder, "DOCKER_TLS_VERIFY": "1"}
    listed = subprocess.run(
        ["docker", "version", "-f", "{{.Server.Version}}"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.strip()
    assert real.run(GLOBAL, "provision", name).returncode == 0
    assert real.run(GLOBAL, "status", name).stdout == "Running\n"
    assert real.run(GLOBAL, "stop", name).returncode == 0
    assert real.run(GLOBAL, "config", name).returncode == 1
    assert real.run(GLOBAL, "start", name).returncode == 0
    assert real.run(GLOBAL, "config", name).returncode == 0


def test_what_does_not_exist(house):
    house.run("create", "-d", "none", "--url", "tcp://127.0.0.1:1", "seed")
    assert house.run(GLOBAL, "inspect", "nosuch").returncode == 1
    assert house.run(GLOBAL, "config", "nosuch").returncode == 1
    assert house.run(GLOBAL, "url", "nosuch").stdout == ""
    assert house.run(GLOBAL, "rm", "-y", "nosuch").returncode == 1
    assert house.run(GLOBAL, "rm", "-f", "nosuch").returncode == 0


def test_rm_by_force_takes_the_entry_away_whatever_the_driver_says(house):
    house.run("create", "-d", "none", "--url", "tcp://127.0.0.1:1", "m")
    file = house.store / "machines" / "m" / "config.json"
    file.write_text(file.read_text().replace('"DriverName": "none"', '"DriverName": "gone"'))
    assert house.run(GLOBAL, "rm", "-y", "m").returncode == 1
    assert names(house.store) == ["m"]
    assert house.run(GLOBAL, "rm", "-f", "m").returncode == 0
    assert names(house.store) == []


def test_a_creation_that_fails_leaves_its_state_on_disk(house):
    words = ["create", "--driver", "generic", "--generic-ip-address=127.0.0.1", "--generic-ssh-port=1"]
    house.variables["MACHSH_TIMEOUT"] = "2"
    done = house.run(GLOBAL, *words, "half")
    assert done.returncode == 1
    assert (house.store / "machines" / "half" / "config.json").exists()
    assert house.run(GLOBAL, "rm", "-y", "half").returncode == 0
