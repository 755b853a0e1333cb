import grp
import os
import stat
from contextlib import nullcontext

import pytest

from machsh.errors import RefusedError
from machsh.files import check_unshared
from machsh.plugin.catalog import COMMANDS, DRIVERS, EVENTS, Catalog, PluginError
from machsh.plugin.events import Event, Events
from machsh.testing.fakes import FakeEnvironment
from tests.support.plugins import driver_text
from tests.support.zoo import NOT_FILES, put

DRIVER = driver_text()


@pytest.fixture(autouse=True)
def nothing_is_installed(monkeypatch):
    """Of the distributions around this one, such as our own plugins, nothing is seen."""
    monkeypatch.setattr("machsh.plugin.entry_points.of_group", lambda group: [])


def catalog_with(tmp_path, **files):
    environment = FakeEnvironment(home=tmp_path)
    folder = environment.config_folder / "plugins"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}.py").write_text(content)
    warnings = []
    return Catalog(environment, warnings.append), warnings, folder


def test_a_single_file_adds_a_driver(tmp_path):
    catalog, warnings, _ = catalog_with(tmp_path, toy=DRIVER)
    assert catalog.find(DRIVERS, "toy").name == "toy"
    assert catalog.names(DRIVERS) == ["toy"]
    assert catalog.find(DRIVERS, "other") is None
    assert warnings == []


def test_no_file_is_imported_before_a_name_is_asked(tmp_path):
    marker = tmp_path / "imported"
    _, _, _folder = catalog_with(tmp_path, eager=f"open({str(marker)!r}, 'w').close()\n{DRIVER}")
    assert not marker.exists()


def test_a_file_that_does_not_load_is_one_warning_naming_it_and_its_file(tmp_path):
    catalog, warnings, folder = catalog_with(tmp_path, broken="import nothing_of_that_name", toy=DRIVER)
    assert catalog.find(DRIVERS, "toy") is not None
    assert catalog.find(COMMANDS, "anything") is None
    assert warnings == [
        f"plugin broken ({folder / 'broken.py'}) cannot be used: "
        "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    ]
    assert [row.name for row in catalog.health() if row.error] == ["broken"]


def test_an_object_that_does_not_fit_its_door_is_refused_with_what_it_lacks(tmp_path):
    catalog, warnings, _folder = catalog_with(
        tmp_path, half="class Half:\n    name = 'half'\nDRIVERS = [Half]"
    )
    with pytest.raises(PluginError, match=r"plugin half \(.*half\.py\) .*: it is no subclass of Driver"):
        catalog.find(DRIVERS, "half")
    assert warnings == []
    assert catalog.all(DRIVERS) == catalog.all(DRIVERS) == []
    assert len(warnings) == 1


def test_reload_sees_a_changed_file(tmp_path):
    catalog, _, folder = catalog_with(tmp_path, toy=DRIVER)
    assert catalog.names(DRIVERS) == ["toy"]
    (folder / "toy.py").write_text(DRIVER.replace('"toy"', '"bear-toy"'))
    catalog.reload()
    assert catalog.names(DRIVERS) == ["bear-toy"]


LISTENER = """
def note(event):
    with open({path!r}, "a") as file:
        file.write(f"{{event.kind}} {{event.machine}}\\n")
def fail(event):
    raise ValueError("no")
LISTENERS = [fail, note]
"""


def test_listeners_hear_events_and_a_failing_one_is_a_warning(tmp_path):
    heard = tmp_path / "heard"
    catalog, warnings, _ = catalog_with(tmp_path, ear=LISTENER.format(path=str(heard)))
    Events(catalog, warnings.append).publish(Event("created", "web"))
    assert heard.read_text() == "created web\n"
    assert warnings == ["plugin fail failed on created web: no"]


def test_a_listener_that_hangs_is_left_behind(tmp_path):
    catalog, warnings, _ = catalog_with(
        tmp_path, slow="import time\nLISTENERS = [lambda event: time.sleep(5)]"
    )
    catalog.all(EVENTS)
    Events(catalog, warnings.append).publish(Event("stopped", "web"), seconds=0.05)
    assert warnings == ["a plugin did not finish within 0.05 s after web was stopped"]


@pytest.mark.parametrize("kind", [*NOT_FILES, "huge", "zeros", "not UTF-8"])
def test_a_file_that_is_no_file_is_one_warning(tmp_path, kind):
    catalog, warnings, folder = catalog_with(tmp_path)
    put(folder / "odd.py", kind)
    assert catalog.find(COMMANDS, "anything") is None
    assert len(warnings) == 1


@pytest.mark.parametrize("place", ["toy.py", "."])
def test_what_others_can_write_to_is_refused_with_the_remedy(tmp_path, place):
    catalog, warnings, folder = catalog_with(tmp_path, toy=DRIVER)
    (folder / place).chmod(0o777)
    shared = folder / place
    assert catalog.find(DRIVERS, "toy") is None
    assert len(warnings) == 1
    assert f"other users can write to {shared} (chmod go-w {shared})" in warnings[0]
    shared.chmod(0o755)
    catalog.reload()
    assert catalog.find(DRIVERS, "toy") is not None


def test_a_link_to_a_file_that_others_can_replace_is_refused(tmp_path):
    catalog, warnings, folder = catalog_with(tmp_path)
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "toy.py").write_text(DRIVER)
    shared.chmod(0o777)
    (folder / "toy.py").symlink_to(shared / "toy.py")
    assert catalog.names(DRIVERS) == []
    assert f"other users can write to {shared}" in warnings[0]


def test_the_folders_above_count_unless_nobody_can_rename_there_what_is_anothers(tmp_path):
    path = tmp_path / "above" / "folder" / "toy.py"
    path.parent.mkdir(parents=True)
    path.write_text(DRIVER)
    above = path.parents[1]
    for mode, is_refused in {0o777: True, 0o1777: False, 0o755: False}.items():
        above.chmod(mode)
        with pytest.raises(RefusedError, match=f"write to {above}$") if is_refused else nullcontext():
            check_unshared(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    above.chmod(0o777)
    with pytest.raises(RefusedError, match=f"write to {above}$"):
        check_unshared(link)
    path.parent.chmod(0o1777)
    with pytest.raises(RefusedError, match=f"write to {path.parent}$"):
        check_unshared(path)


@pytest.mark.parametrize(("owner", "is_refused"), [(0, False), (1000, False), (4711, True)])
def test_a_file_of_another_user_is_refused_but_for_roots(tmp_path, monkeypatch, owner, is_refused):
    path = tmp_path / "toy.py"
    path.write_text(DRIVER)
    status = list(path.stat())
    status[stat.ST_UID] = owner
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("pathlib.Path.stat", lambda path: os.stat_result(status))
    with pytest.raises(RefusedError, match="belongs to another user") if is_refused else nullcontext():
        check_unshared(path)


def test_a_group_whose_members_can_become_root_may_write(tmp_path, monkeypatch):
    path = tmp_path / "toy.py"
    path.write_text(DRIVER)
    path.chmod(0o664)
    monkeypatch.setattr("grp.getgrgid", lambda number: grp.struct_group(("admin", "x", number, ["you"])))
    with pytest.raises(RefusedError, match="other users can write"):
        check_unshared(path)
    monkeypatch.setattr("machsh.files._ROOT_GROUPS", {path.stat().st_gid})
    check_unshared(path)


@pytest.mark.parametrize(
    ("members", "others", "may_write"),
    [([], [], True), (["me", "root"], [], True), (["you"], [], False), ([], ["you"], False)],
    ids=["nobody", "the owner", "another user", "another user's first group"],
)
def test_a_group_of_nobody_else_may_write(tmp_path, monkeypatch, members, others, may_write):
    import pwd

    catalog, warnings, folder = catalog_with(tmp_path, toy=DRIVER)
    (folder / "toy.py").chmod(0o664)
    gid = (folder / "toy.py").stat().st_gid

    def user(name):
        return pwd.struct_passwd((name, "x", 1, gid, "", "", ""))

    monkeypatch.setattr("pwd.getpwuid", lambda number: user("me"))
    monkeypatch.setattr("pwd.getpwall", lambda: [user(name) for name in ["me", *others]])
    monkeypatch.setattr("grp.getgrgid", lambda number: grp.struct_group(("staff", "x", gid, members)))
    assert (catalog.names(DRIVERS) == ["toy"]) is may_write
    assert bool(warnings) is not may_write
