"""A Python package that is missing or broken is told in one line, before anything is made."""

import pytest

from tests.support.places import TOP
from tests.support.processes import run

BROKEN = {
    "missing": "raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n",
    "too old": "raise AttributeError('no attribute Ed448')\n",
    "an extension that panics": "class Panic(BaseException): pass\nraise Panic('called unwrap on None')\n",
    "half installed": "from {name}.nowhere import thing\n",
}
GENERIC = ("-d", "generic", "--generic-ip-address", "192.0.2.1")


@pytest.fixture
def broken(tmp_path):
    """Puts a package that fails in its way before the real one; gives the environment's variables."""

    def make(name, how):
        package = tmp_path / "packages" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(BROKEN[how].format(name=name))
        return {"PYTHONPATH": f"{tmp_path / 'packages'}:{TOP}"}

    return make


def told(done, package):
    """One line and a remedy."""
    code, _, err = done
    lines = [line for line in err.splitlines() if line]
    assert code == 3, err
    assert f"needs the Python package {package}, which cannot be used: " in lines[-2]
    assert lines[-1].startswith("  hint: install it anew: ")
    assert "Traceback" not in err
    assert "internal error" not in err


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("package", ["paramiko", "cryptography"])
def test_a_creation_needs_its_packages_before_it_makes_anything(tmp_path, broken, package, how):
    told(run(tmp_path, "create", *GENERIC, "web", variables=broken(package, how)), package)
    assert not (tmp_path / ".docker/machine/machines/web").exists()
    assert not (tmp_path / ".docker/machine/certs/ca.pem").exists()


def test_the_remedy_names_what_is_installed_not_what_is_imported(tmp_path, broken):
    (tmp_path / "stack.yml").write_text("services: {}")
    words = ("cluster", "deploy", "prod", str(tmp_path / "stack.yml"), "app")
    done = run(tmp_path, *words, variables=broken("yaml", "missing"))
    told(done, "yaml")
    assert "pip install --force-reinstall pyyaml;" in done[2]


@pytest.mark.parametrize("how", BROKEN)
def test_the_docker_driver_makes_no_container_without_its_packages(tmp_path, broken, how):
    variables = {**broken("paramiko", how), "DOCKER_HOST": f"unix://{tmp_path}/no-engine"}
    told(run(tmp_path, "create", "-d", "docker", "web", variables=variables), "paramiko")


def test_a_machine_without_ssh_needs_no_ssh(tmp_path, broken):
    words = ("create", "-d", "none", "--url", "tcp://192.0.2.1:2376", "web")
    code, _, err = run(tmp_path, *words, variables=broken("paramiko", "missing"))
    assert code == 0, err


@pytest.mark.parametrize("how", ["missing", "half installed"])
def test_another_command_says_what_it_needs(tmp_path, broken, how):
    assert run(tmp_path, "create", "-d", "none", "--url", "tcp://192.0.2.1:2376", "web")[0] == 0
    variables = {**broken("docker", how), "DOCKER_HOST": "tcp://192.0.2.1:1", "PATH": f"{tmp_path}/bin"}
    told(run(tmp_path, "--machine", "web", "-c", "docker ps", variables=variables), "docker")


def test_a_driver_of_a_plugin_that_needs_a_missing_module_is_told(tmp_path):
    folder = tmp_path / ".config" / "machsh" / "plugins"
    folder.mkdir(parents=True)
    (folder / "cloud.py").write_text(
        "from machsh.drivers.none import NoneDriver\n"
        "class Cloud(NoneDriver):\n"
        "    name = 'cloud'\n"
        "    late_modules = ('cloud_sdk.client',)\n"
        "DRIVERS = [Cloud]\n"
    )
    done = run(tmp_path, "create", "-d", "cloud", "--url", "tcp://192.0.2.1:2376", "web")
    told(done, "cloud_sdk")


def test_a_session_goes_on_after_a_command_whose_package_is_missing(tmp_path, broken):
    assert run(tmp_path, "create", "-d", "none", "--url", "tcp://192.0.2.1:2376", "web")[0] == 0
    variables = {**broken("docker", "missing"), "PATH": f"{tmp_path}/bin"}
    text = "use web\n- docker ps\nls -q\n"
    code, out, err = run(tmp_path, text=text, variables=variables)
    assert "needs the Python package docker" in err
    assert (code, out.split()[-1]) == (0, "web")
