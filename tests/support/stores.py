"""Machines that are only records."""

from machsh.machine.record import MachineRecord


def add_machine(store, name, *, driver_name="none", **driver):
    """Put a machine into a store; the other words are its driver's part of the record."""
    record = MachineRecord(
        name=name, driver_name=driver_name, driver={"MachineName": name, "IPAddress": "", **driver}
    )
    store.machine_folder(name).mkdir(parents=True)
    store.save(record)
