"""`backup`: writes machines into an archive."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.handlers.archives import archive_keys
from machsh.commands.handlers.targets import NoTargetError
from machsh.drivers.guest.download_reporter import DownloadReporter
from machsh.errors import RefusedError, UsageError
from machsh.humanize import byte_size

if TYPE_CHECKING:
    from machsh.machine.archive.backing_up import BackupPlan


def backup(context: Context) -> None:
    """Say what the archive will hold, get the passphrase, write it. Raises MachshError."""
    from machsh.machine.archive.backing_up import ArchiveOptions, plan_backup, write_backup

    archive_keys.check_ways(context)
    names = _names(context)
    path = output_file(context, names[0] if len(names) == 1 else "machines")
    store = context.machines.store
    plan = plan_backup(store, names, with_authority=context.values.flag("with-authority"))
    if context.values.flag("with-state"):
        _add_state(context, plan)
    _tell(context, plan)
    keys = archive_keys.writing_keys(context)
    size = sum(file.stat().st_size for files in plan.state.values() for file in files)
    written = DownloadReporter(context.progress, path.name, 0, size).add if size else None
    options = ArchiveOptions(keys, context.values.flag("force"), written)
    write_backup(plan, store, path, context.environment.now(), options)
    context.conclude(f"Wrote {path} ({byte_size(path.stat().st_size)}): {', '.join(names)}")


def output_file(context: Context, stem: str) -> Path:
    """Return the archive's path, by default, or in a folder, with the date. Raises RefusedError."""
    text = context.values.text("output")
    if text == "-":
        raise UsageError("An archive is written to a file", hint="name one; ./- is a file of this name")
    path = archive_keys.file_of(context, text)
    if not text or text.endswith("/") or path.is_dir():
        day = datetime.fromtimestamp(context.environment.now(), UTC).date().isoformat()
        path /= f"{stem}-{day}.{'tar' if context.values.flag('no-encryption') else 'age'}"
    if path.exists() and not context.values.flag("force"):
        raise RefusedError(f"{path} exists already", hint="name another file, or replace it: --force")
    return path


def _names(context: Context) -> list[str]:
    if not context.values.flag("all"):
        try:
            return list(dict.fromkeys(targets.managed(context)))
        except NoTargetError as error:
            error.hint = "name one, or all of them: machsh backup --all"
            raise
    if context.words:
        raise UsageError("--all and names exclude each other", hint="leave one of them out")
    if names := context.machines.names():
        return names
    raise RefusedError("There is no machine to back up", hint="create one: machsh create NAME")


def _add_state(context: Context, plan: BackupPlan) -> None:
    """Take the hosts' own files along. Raises RefusedError if no host is made of files."""
    from machsh.machine.archive.backing_up import add_state

    without = [name for name in plan.machines if not add_state(plan, context.machines.get(name))]
    if len(without) == len(plan.machines):
        raise RefusedError(
            f"The hosts of {', '.join(without)} are more than files of the store: they cannot be copied",
            hint="leave out --with-state; QEMU's machines have such files",
        )
    if without:
        context.progress.info(f"Without state, as their hosts are no files: {', '.join(without)}")


def _tell(context: Context, plan: BackupPlan) -> None:
    authority = (
        "and the key of their authority, which makes certificates for all its machines"
        if plan.has_authority
        else "not the key of their authority, which makes new certificates (--with-authority)"
    )
    context.progress.info(f"{', '.join(plan.machines)}: records, ssh keys, client certificates; {authority}.")
    context.progress.info("Who can open the archive controls these machines.")
    for name, state in plan.state.items():
        size = byte_size(sum(file.stat().st_size for file in state))
        context.progress.info(f"{name}: with its host, {size}")
    for name, left in plan.left.items():
        if left and name not in plan.state:
            context.progress.info(f"{name}: the host itself stays here, and out: {', '.join(left)}")
    if context.values.flag("no-encryption"):
        context.progress.warning("The archive is not encrypted: keep it where only you can read it.")
