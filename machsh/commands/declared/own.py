"""The commands that docker-machine does not have."""

from __future__ import annotations

from functools import partial

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

_in_session = partial(Command, in_session_only=True)
_FILE = Argument("FILE", "A batch file", values="file")

SESSION = (
    _in_session(
        "use",
        "Work on another machine",
        "machsh.commands.sessions:use",
        arguments=(Argument("NAME", "The machine, `local`, or `-` for the one before", values="machine"),),
        description="Asks nobody and takes no time: it works when the machine is down, too.",
        examples=("use web", "use -", "use local"),
    ),
    _in_session(
        "set",
        "Set a variable, or list them",
        "machsh.commands.sessions:set_variable",
        arguments=(Argument("NAME=VALUE", "What to set; nothing lists all", Count.ANY),),
        examples=("set TAG=1.2", "docker pull busybox:$TAG"),
    ),
    _in_session(
        "unset",
        "Forget a variable",
        "machsh.commands.sessions:unset_variable",
        arguments=(Argument("NAME", "The variables", Count.MANY, "variable"),),
    ),
    _in_session(
        "source",
        "Run the lines of a batch file in this session",
        "machsh.commands.sessions:source",
        arguments=(_FILE, Argument("ARGUMENT", "What the file calls $1, $2, ...", Count.ANY)),
    ),
    _in_session(
        "cd",
        "Change the folder in which files are looked for and ! runs",
        "machsh.commands.sessions:change_folder",
        arguments=(
            Argument("FOLDER", "Home when it is left out, the one before for -", Count.OPTIONAL, "folder"),
        ),
    ),
    _in_session(
        "echo",
        "Print words",
        "machsh.commands.sessions:echo",
        arguments=(Argument("WORD", "What to print", Count.ANY),),
        is_raw=True,
    ),
    _in_session("pwd", "Print the folder", "machsh.commands.sessions:print_folder"),
    _in_session(
        "exit",
        "Leave",
        "machsh.commands.sessions:leave",
        arguments=(Argument("CODE", "Exit code; the last command's when it is left out", Count.OPTIONAL),),
        aliases=("quit",),
    ),
)

TOOLS = (
    Command(
        "plugins",
        "List plugins, where they come from and how they are",
        "machsh.commands.extras:plugins",
        arguments=(Argument("list|reload", "What to do; list when it is left out", Count.OPTIONAL),),
    ),
    Command(
        "settings",
        "Show or check the settings file",
        "machsh.commands.extras:settings",
        arguments=(Argument("show|check|path|init", "What to do; show when it is left out", Count.OPTIONAL),),
        examples=("settings check", "settings init"),
    ),
    Command(
        "protect",
        "Guard machines: to destroy one, its name must be typed",
        "machsh.commands.protection:protect",
        options=(Option("off", "Take the protection away", Kind.BOOL, ours=True),),
        arguments=(Argument("NAME", "The machines", Count.MANY, "machine"),),
        examples=("protect production", "protect --off production"),
    ),
    Command(
        "completion",
        "Print the completion file of a shell",
        "machsh.commands.extras:completion",
        options=(
            Option(
                "program",
                "The name to complete for",
                default="machsh",
                choices=("machsh", "docker-machine"),
                ours=True,
            ),
        ),
        arguments=(Argument("bash|zsh|fish", "The shell"),),
        examples=("completion bash > /etc/bash_completion.d/machsh",),
    ),
    Command(
        "install-alias",
        "Make `docker-machine` run machsh",
        "machsh.commands.extras:install_alias",
        options=(Option("force", "Replace what is there", Kind.BOOL, short="f", ours=True),),
        arguments=(Argument("DIR", "A folder of your PATH", values="folder"),),
        examples=("install-alias ~/.local/bin",),
    ),
)

COMMANDS = SESSION + TOOLS
