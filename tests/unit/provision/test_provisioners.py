import pytest

from machsh.errors import RefusedError
from machsh.provision.os_release import EXACT
from machsh.provision.provisioner import Plan, Provisioner
from machsh.provision.provisioners import choose


class Void(Provisioner):
    name = "void"

    def matches(self, os_release):
        return EXACT if os_release.get("ID") in ("void", "debian") else 0

    def plan(self, facts, spec):
        return Plan()


class Catalog:
    def __init__(self, *found):
        self.found = found

    def all(self, group):
        assert group == "machsh.provisioners.v1"
        return self.found


@pytest.mark.parametrize(
    ("os_release", "name"),
    [
        ({"ID": "debian"}, "debian"),
        ({"ID": "devuan", "ID_LIKE": "debian"}, "debian"),
        ({"ID": "ubuntu", "VERSION_ID": "15.04"}, "ubuntu(systemd)"),
        ({"ID": "ubuntu", "VERSION_ID": "14.10"}, "ubuntu(upstart)"),
        ({"ID": "ubuntu", "VERSION_ID": "rolling"}, "ubuntu(systemd)"),
        ({"ID": "pop", "ID_LIKE": "ubuntu debian", "VERSION_ID": "12"}, "ubuntu(systemd)"),
        ({"ID": "eurolinux", "ID_LIKE": "rhel fedora centos"}, "redhat"),
        ({"ID": "circle", "ID_LIKE": "centos rhel"}, "centos"),
        ({"ID": "nobara", "ID_LIKE": "fedora"}, "fedora"),
        ({"ID": "endeavouros", "ID_LIKE": "arch"}, "arch"),
        ({"ID": "postmarketos", "ID_LIKE": "alpine"}, "alpine"),
        ({"ID": "flatcar", "ID_LIKE": "coreos"}, "flatcar"),
        ({"ID": "burmillaos"}, "rancheros"),
        ({"ID": "boot2docker-ng"}, "boot2docker"),
        ({"ID": "mine", "ID_LIKE": "boot2docker tcl"}, "boot2docker"),
        ({"ID": "sle_hpc", "ID_LIKE": "suse"}, "SUSE"),
    ],
)
def test_chooses_the_most_exact(os_release, name):
    assert choose(os_release).name == name


def test_an_unknown_system_is_refused_with_what_is_known():
    with pytest.raises(RefusedError, match=r"^OS type not recognized$") as caught:
        choose({"ID": "void", "PRETTY_NAME": "Void Linux"})
    assert "Void Linux" in caught.value.hint
    assert "debian" in caught.value.hint


def test_a_plugin_adds_a_system_but_does_not_take_one():
    catalog = Catalog(Void)
    assert choose({"ID": "void"}, catalog).name == "void"
    assert choose({"ID": "debian"}, catalog).name == "debian"
