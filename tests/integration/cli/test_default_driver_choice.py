"""`create` without -d: MACHINE_DRIVER, the settings, what works here; docker-machine keeps its own."""

import pytest

from machsh.drivers.default_driver import DriverChoice

REASON = "works on this computer; not virtualbox: VBoxManage is not there"


@pytest.fixture
def chosen(monkeypatch):
    """`none` is what works here: it can be created everywhere."""
    calls = []

    def choose(environment, catalog):
        calls.append(environment)
        return DriverChoice("none", REASON)

    monkeypatch.setattr("machsh.drivers.default_driver.choose", choose)
    return calls


def machsh(house, *words, **more):
    return house.run(*words, program="machsh", **more)


def test_it_is_said_which_and_why(house, chosen):
    done = machsh(house, "create", "--url", "tcp://127.0.0.1:1", "web")
    assert done.code == 0, done.err
    assert f"Driver none: {REASON}. Another: -d DRIVER\n" in done.out
    assert machsh(house, "inspect", "-f", "{{.DriverName}}", "web").out == "none\n"
    assert len(chosen) == 1


def test_its_options_are_in_the_help(house, chosen):
    done = machsh(house, "create", "--help")
    assert "--url" in done.out
    assert REASON not in done.out


@pytest.mark.parametrize(
    ("words", "variables", "settings"),
    [
        (["-d", "generic"], {"MACHINE_DRIVER": "none"}, "none"),
        ([], {"MACHINE_DRIVER": "generic"}, "none"),
        ([], {}, "generic"),
    ],
)
def test_what_the_user_says_comes_first(house, chosen, words, variables, settings):
    folder = house.home / ".config" / "machsh"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'default_driver = "{settings}"\n')
    done = machsh(house, "create", *words, "web", variables=variables)
    assert "generic driver requires the --generic-ip-address option" in done.err
    assert chosen == []


def test_an_unknown_driver_in_the_settings_is_told(house, chosen):
    folder = house.home / ".config" / "machsh"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('default_driver = "virtualbx"\n')
    done = machsh(house, "create", "web")
    assert done.code == 3
    assert "did you mean virtualbox?" in done.err


def test_as_docker_machine_it_stays_virtualbox(house, chosen):
    done = house.run("create", "--help")
    assert "--virtualbox-memory" in done.out
    assert '--driver, -d "virtualbox"' in done.out
    assert chosen == []
