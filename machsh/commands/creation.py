"""`create`: a new machine."""

from __future__ import annotations

from machsh.commands import patience
from machsh.commands.command import Context
from machsh.commands.preparing import wrong_count
from machsh.errors import UsageError
from machsh.output.results import Text


def create(context: Context) -> Text | None:
    """Make a machine; with `--if-missing` only when there is none of that name.

    The last line tells how docker reaches it; a shell says `use NAME` instead, which is all it takes there.
    """
    from machsh.machine.wish import CreateWish, TlsFiles

    name = _name(context)
    if context.values.flag("if-missing") and context.machines.store.exists(name):
        context.progress.info(f'Machine "{name}" exists already.')
        return None
    variable = context.environment.variables.get
    tls = TlsFiles(
        ca_cert=variable("MACHINE_TLS_CA_CERT", ""),
        ca_key=variable("MACHINE_TLS_CA_KEY", ""),
        client_cert=variable("MACHINE_TLS_CLIENT_CERT", ""),
        client_key=variable("MACHINE_TLS_CLIENT_KEY", ""),
    )
    wish = CreateWish(name, context.values.text("driver"), context.values, tls)
    context.machines.create(wish, seconds=patience.seconds(context))
    if context.session.is_interactive:
        return None
    return Text(
        "To see how to connect your Docker Client to the Docker Engine running on this virtual machine, "
        f"run: {context.environment.called_as} env {name}"
    )


def _name(context: Context) -> str:
    if not context.words:
        raise wrong_count(context, "Error: No machine name specified")
    if len(context.words) > 1:
        extra = " ".join(context.words[1:])
        raise UsageError(
            f"Invalid command line. Found extra arguments [{extra}]",
            hint="create one machine at a time; values of options go right after them",
        )
    return context.words[0]
