"""The listener `note`: keeps a list of the machines that were made."""

from datetime import datetime

from machsh.api import CREATED, Environment, Event, make_private_folder


def note(event: Event) -> None:
    """Add a line to created.log."""
    if event.kind != CREATED:
        return
    folder = Environment.of_process().state_folder
    make_private_folder(folder)
    with (folder / "created.log").open("a") as file:
        outcome = event.error or f"after {event.seconds:.0f} s"
        file.write(f"{datetime.now():%F %T} {event.machine} ({event.driver}): {outcome}\n")


LISTENERS = [note]
