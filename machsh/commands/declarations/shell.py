"""The commands of the interactive shell, whose handlers are in `machsh.shell`."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

_JOB = Argument("JOB", "Its number; the latest when it is left out", Count.OPTIONAL)

COMMANDS = (
    Command(
        "history",
        "Show the lines that were run, where, and how they went",
        "machsh.shell.shell_commands:history",
        options=(
            Option("machine", "Only lines run on this machine", values="machine", ours=True),
            Option("failed", "Only lines that failed", Kind.BOOL, ours=True),
            Option("since", "Only lines of the last 30m, 2h, 7d, ...", ours=True),
            Option("session", "Only lines of this session", Kind.BOOL, ours=True),
            Option("folder", "Show also in which folder", Kind.BOOL, ours=True),
            Option("number", "At most this many, the latest", Kind.INT, default=50, short="n", ours=True),
            Option("clear", "Remove these lines from the history", Kind.BOOL, short="c", ours=True),
            Option("y", "Remove them without a question", Kind.BOOL, ours=True),
        ),
        arguments=(Argument("TEXT", "Only lines that contain it", Count.OPTIONAL),),
        examples=("history --machine web --failed --since 2h", "history -c", "history --clear password"),
    ),
    Command(
        "jobs",
        "List the commands that Ctrl-Z has stopped",
        "machsh.shell.shell_commands:jobs",
        options=(Option("kill", "End a job, the latest when none is named", Kind.BOOL, ours=True),),
        arguments=(_JOB,),
        examples=("jobs", "jobs --kill 1", "kill %1"),
        in_session_only=True,
    ),
    Command(
        "fg",
        "Let a stopped command go on",
        "machsh.shell.shell_commands:foreground",
        arguments=(_JOB,),
        examples=("fg", "fg 2", "%2"),
        in_session_only=True,
    ),
    Command(
        "bg",
        "Let a stopped command go on in the background",
        "machsh.shell.shell_commands:background",
        arguments=(_JOB,),
        examples=("bg", "bg 2"),
        in_session_only=True,
    ),
    Command(
        "watch",
        "Run a line again and again until Ctrl-C",
        "machsh.shell.shell_commands:watch",
        arguments=(
            Argument("SECONDS", "The pause between two runs"),
            Argument("LINE", "What to run", Count.MANY),
        ),
        is_raw=True,
        in_session_only=True,
        examples=("watch 2 ps", "watch 5 ls"),
    ),
    Command(
        "complete",
        "Show what completion offers at the end of a line",
        "machsh.shell.shell_commands:complete",
        options=(Option("explain", "Tell kind, source and age of every candidate", Kind.BOOL, ours=True),),
        arguments=(Argument("LINE", "The line, quoted"),),
        examples=('complete --explain "exec "',),
    ),
)
