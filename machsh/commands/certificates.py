"""`regenerate-certs`: new certificates for machines."""

from __future__ import annotations

from machsh.commands import naming, patience
from machsh.commands.command import Context

QUESTION = "Regenerate TLS machine certs?  Warning: this is irreversible."


def regenerate(context: Context) -> None:
    """Ask, then make new server certificates; with `--client-certs` a new client pair, too."""
    if not context.values.flag("force") and not context.ask.confirm(QUESTION):
        return
    names = naming.targets(context)
    for name in names:
        naming.refuse_local(name, context)
    context.machines.regenerate_certs(
        *names,
        client_certs=context.values.flag("client-certs"),
        seconds=patience.seconds(context),
    )
