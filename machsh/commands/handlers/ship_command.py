"""`ship`: brings images to machines without a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.errors import ExitCode, UsageError
from machsh.humanize import byte_size, elapsed
from machsh.machine.naming import LOCAL, stored
from machsh.output.results import Document, Result, Table
from machsh.validators import IMAGE

if TYPE_CHECKING:
    from machsh.engine.dial import ByteStream
    from machsh.engine.images.image_engine import ImageEngine
    from machsh.machine.shipping.ship import ShipRow

COLUMNS = ("MACHINE", "IMAGE", "RESULT", "LAYERS", "BYTES", "TIME", "ERROR")


def ship(context: Context) -> Result:
    """Ship images to machines. The exit code is 1 if one of them did not get one."""
    from machsh.machine.shipping.ship import FAILED, Shipment

    images, names = _split_words(context)
    source = stored(context.values.text("from")) or LOCAL
    _check(images, names, source)
    targets = [_engine(name, context) for name in names if name != source]
    shipment = Shipment(
        _engine(source, context),
        targets,
        context.environment,
        context.progress,
        force=context.values.flag("force"),
    )
    rows = shipment.run(images, dry_run=context.values.flag("dry-run"))
    failed = [row for row in rows if row.result == FAILED]
    for hint in dict.fromkeys(row.hint for row in failed if row.hint):
        whose = dict.fromkeys(row.machine for row in failed if row.hint == hint)
        context.progress.warning(f"{', '.join(whose)}: hint: {hint}")
    code = ExitCode.FAILED if failed else ExitCode.OK
    if context.values.flag("json"):
        return Document([_as_json(row) for row in rows], code)
    return Table(COLUMNS, [_cells(row) for row in rows], code=code, told=["ERROR"])


def _split_words(context: Context) -> tuple[list[str], list[str]]:
    """Return images and machines; the first word is an image, as is each later one that names no machine."""
    from machsh.machine.naming import MARK
    from machsh.machine.selection import expand

    first, *others = context.words
    there = {LOCAL, *context.machines.names()}
    targets = [word for word in others if word.startswith(MARK) or stored(word) in there]
    images = dict.fromkeys([first, *(word for word in others if word not in targets)])
    if not targets and (first.startswith(MARK) or stored(first) in there):
        raise UsageError(
            f"{first} is a machine, and the image comes first",
            hint=f"machsh ship {' '.join(others)} {first}; an image of that name: {first}:latest",
        )
    return list(images), expand(targets, context.machines)


def _check(images: list[str], names: list[str], source: str) -> None:
    for image in images:
        if not IMAGE.accepts(image):
            raise UsageError(f"{image!r} is not {IMAGE.words}", hint="for example: ship web-app:1.2 @all")
    if not names:
        raise UsageError(
            "no machine to ship to is named",
            hint=f"for example: ship {images[0]} @all, or: ship {images[0]} NAME; ls lists the machines",
        )
    if set(names) == {source}:
        raise UsageError(
            f'"{source}" is where the images come from', hint="name other machines, or another --from"
        )


def _engine(name: str, context: Context) -> ImageEngine:
    """Return the engine of a machine, or of this computer; connections to it are opened when it is used."""
    from machsh.engine import local_engine
    from machsh.engine.dial import dialer
    from machsh.engine.images.image_engine import SILENT_SECONDS, ImageEngine
    from machsh.machine.contact.engine_dial import engine_dialer

    seconds = timeouts.timeout_of(context) or SILENT_SECONDS
    if name == LOCAL and not context.machines.store.exists(LOCAL):
        return ImageEngine(LOCAL, dialer(local_engine.endpoint(context.environment)), seconds)

    def dial(limit: float) -> ByteStream:
        machine = context.machines.get(name)
        return engine_dialer(machine, machine.endpoint())(limit)

    return ImageEngine(name, dial, seconds)


def _cells(row: ShipRow) -> tuple[str, ...]:
    layers = f"{row.sent_layers} of {row.layers}" if row.layers else ""
    most = "<= " if row.result == "planned" else ""
    time = elapsed(row.seconds) if row.seconds else ""
    return row.machine, row.image, row.result, layers, most + byte_size(row.sent_bytes), time, row.error


def _as_json(row: ShipRow) -> dict[str, object]:
    return {
        "machine": row.machine,
        "image": row.image,
        "id": row.id,
        "result": row.result,
        "layers": row.layers,
        "layersSent": row.sent_layers,
        "bytesSent": row.sent_bytes,
        "seconds": round(row.seconds, 3),
        "error": row.error,
        "hint": row.hint,
    }
