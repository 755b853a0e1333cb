"""Makes the record and the driver of a machine that is to be adopted, without storing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from machsh.drivers.driver import Driver
from machsh.errors import UsageError
from machsh.machine.context import MachineContext
from machsh.machine.create_request import CreateRequest, new_record
from machsh.machine.records.record import MachineRecord
from machsh.options import Value, Values
from machsh.progress import NullProgress
from machsh.record import WrongValueError


def new_machine(
    driver_name: str, name: str, options: Mapping[str, Value], context: MachineContext
) -> tuple[MachineRecord, Driver]:
    """Return the record of an adopted machine, and its driver configured with these options.

    Raises UsageError for an option's value that no machine can have.
    """
    from machsh.drivers.registry import find, make

    record = new_record(CreateRequest(name, driver_name), context.store)
    kind = find(driver_name, context.catalog)
    record.driver_name, record.machsh.adopted = kind.name, True
    own = kind.record_type(machine_name=name, store_path=str(context.store.folder))
    driver = make(kind, own, replace(context.driver_context(record), progress=NullProgress()))
    driver.configure(Values({**{option.name: option.empty for option in kind.options}, **options}))
    try:
        driver.record.check("Driver")
    except WrongValueError as error:
        raise UsageError(str(error)) from error
    return record, driver
