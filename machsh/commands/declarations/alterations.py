"""The commands that change machines which exist: another name, other settings, and letting a host go."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

COMMANDS: tuple[Command, ...] = (
    Command(
        "forget",
        "Forget machines, and leave their hosts as they are",
        "machsh.commands.handlers.forget_command:forget",
        options=(Option("y", "Forget without a question", Kind.BOOL, ours=True),),
        arguments=(Argument("NAME", "The machines", Count.MANY, "machine"),),
        description="The record and the keys in the store go; the host, its engine and its containers stay. "
        "Says what stays before it asks. A virtual machine whose disk lies in the store cannot be "
        "forgotten: it would be destroyed.",
        loses="the record and the keys of the machine; the host stays as it is",
        examples=("forget web", "forget -y web db"),
    ),
    Command(
        "reconfigure",
        "Change settings of machines, or show them",
        "machsh.commands.handlers.reconfigure_command:reconfigure",
        options=(
            Option("dry-run", "Print what would change, and the steps", Kind.BOOL, short="n", ours=True),
            Option("json", "The settings for programs", Kind.BOOL, ours=True),
            Option("timeout", "How long one step on the machine may take, in seconds", Kind.INT, ours=True),
        ),
        arguments=(
            Argument(
                "NAME|KEY=VALUE",
                "The machines, the active one when they are left out; and the changes: KEY=VALUE sets, "
                "KEY+=VALUE adds to a list, KEY-=VALUE takes away",
                Count.ANY,
                "machine setting",
            ),
        ),
        description="Everything is checked before a host is touched, then as little is done as possible: "
        "a change that the engine reads while it runs does not restart it. What an engine refuses is undone. "
        "Without a change it shows the settings; of several machines each is changed at the same time.",
        examples=(
            "reconfigure web",
            "reconfigure web engine.label+=rack=7 engine.registry-mirror=https://mirror.example.org",
            "reconfigure --dry-run web engine.log-level=debug",
            "reconfigure web db memory=4g cpus=4",
        ),
    ),
    Command(
        "rename",
        "Give a machine another name",
        "machsh.commands.handlers.rename_command:rename",
        arguments=(
            Argument("NAME", "The machine", values="machine"),
            Argument("NEWNAME", "Its new name"),
        ),
        description="The machine keeps running, with its engine, keys and certificates. "
        "`docker rename` is for containers.",
        examples=("rename web web-1",),
    ),
)
