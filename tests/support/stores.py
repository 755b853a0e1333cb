"""Machines that exist only as records."""

from machsh.machine.records.record import MachineRecord


def add_machine(store, name, *, driver_name="none", **driver):
    """Add a machine to a store; other keywords go to its driver's part of the record."""
    record = MachineRecord(
        name=name, driver_name=driver_name, driver={"MachineName": name, "IPAddress": "", **driver}
    )
    store.machine_folder(name).mkdir(parents=True)
    store.save(record)
