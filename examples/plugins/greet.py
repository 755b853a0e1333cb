"""The command `greet`: tells how a machine is."""

from machsh.api import Argument, Command, Context, Count, Kind, Option, Text


def greet(context: Context) -> Text:
    """What `machsh greet [--loud] [NAME]` runs."""
    name = context.words[0] if context.words else context.session.active
    state = context.machines.get(name).state().value
    text = f"{name} is {state}"
    return Text(text.upper() if context.values.flag("loud") else text)


COMMANDS = [
    Command(
        name="greet",
        summary="Greet a machine",
        handler=f"{__name__}:greet",
        arguments=(Argument("NAME", "The machine", Count.OPTIONAL, values="machine"),),
        options=(Option("loud", "Shout", Kind.BOOL, short="l"),),
        examples=("greet web",),
    )
]
