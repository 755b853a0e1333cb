import pytest

from machsh.errors import MachshError


def test_the_host_goes_first_then_the_folder(machines, create_request, fresh_driver, progress, catalog):
    machines.create(create_request())
    machines.create(create_request(name="db"))
    progress.said.clear()
    catalog.events.clear()
    machines.remove("web", "db")
    assert progress.texts() == ["Successfully removed web", "Successfully removed db"]
    assert machines.names() == []
    assert fresh_driver.hosts == {}
    assert [(event.kind, event.machine) for event in catalog.events] == [
        ("removed", "web"),
        ("removed", "db"),
    ]


def test_a_host_that_stays_keeps_its_record_and_the_others_go(machines, create_request, fresh_driver):
    machines.create(create_request())
    machines.create(create_request(name="db"))
    fresh_driver.fails["remove"] = MachshError("no token")
    with pytest.raises(MachshError) as caught:
        machines.remove("web", "nosuch", "db")
    assert str(caught.value).splitlines() == [
        'Error removing host "web": no token',
        'Error removing host "nosuch": Docker machine "nosuch" does not exist. Use "machsh ls" to list machines. '
        'Use "machsh create" to add a new one.',
        'Error removing host "db": no token',
    ]
    assert machines.names() == ["db", "web"]


def test_force_forgets_whatever_the_driver_says(machines, create_request, fresh_driver, progress):
    machines.create(create_request())
    for error in (MachshError("no token"), ZeroDivisionError("bug")):
        fresh_driver.fails["remove"] = error
        machines.remove("web", force=True)
        assert f'Error removing host "web": {error}' in progress.texts("warning")[-1].replace(
            "ZeroDivisionError: ", ""
        )
        assert machines.names() == []
        fresh_driver.fails.clear()
        machines.create(create_request())


def test_force_of_an_unknown_machine_ends_well(machines, progress):
    machines.remove("nosuch", "..", "", force=True)
    assert [text for text in progress.texts("warning") if text.startswith("Can't remove")] == [
        'Can\'t remove "nosuch"'
    ]
    assert not machines.store.folder.exists()


def test_a_missing_driver_needs_force(machines, create_request, catalog):
    machines.create(create_request())
    del catalog.drivers["bare"]
    machines.close()
    with pytest.raises(MachshError) as caught:
        machines.remove("web")
    assert str(caught.value) == (
        'Error removing host "web": Driver "bare" not found. '
        "Do you have the plugin binary accessible in your PATH?"
    )
    assert "rm -f web" in caught.value.hint
    assert machines.names() == ["web"]
    machines.remove("web", force=True)
    assert machines.names() == []


def test_a_broken_record_needs_force(machines, create_request):
    machines.create(create_request())
    machines.store.config_path("web").write_bytes(b"{")
    with pytest.raises(MachshError, match="unexpected end of JSON input"):
        machines.remove("web")
    machines.remove("web", force=True)
    assert machines.names() == []


def test_what_a_driver_removed_before_it_failed_is_stored(
    machines, create_request, fresh_driver, monkeypatch
):
    machines.create(create_request())
    monkeypatch.setattr(fresh_driver, "remove", _half_removed)
    for seen in ("192.0.2.7", "192.0.2.9"):
        with pytest.raises(MachshError, match=f"was {seen}"):
            machines.remove("web")
        assert machines.store.load("web").driver["IPAddress"] == "192.0.2.9"


def _half_removed(driver):
    former, driver.record.ip_address = driver.record.ip_address, "192.0.2.9"
    driver.context.keep()
    raise MachshError(f"was {former}")


def test_a_store_that_takes_no_record_holds_no_removal_up(
    machines, create_request, fresh_driver, monkeypatch
):
    machines.create(create_request())
    monkeypatch.setattr(fresh_driver, "remove", lambda driver: driver.context.keep())

    def full(machine):
        raise MachshError("no space left")

    monkeypatch.setattr("machsh.machine.machine.Machine.save", full)
    machines.remove("web")
    assert machines.names() == []
