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
        "Work on another machine, or on a cluster",
        "machsh.commands.handlers.session_commands:use",
        arguments=(
            Argument("NAME", "The machine, a cluster, `local`, or `-` for the one before", values="machine"),
        ),
        description="For a machine it asks nobody and takes no time: it works when the machine is down, too. "
        "For a cluster it asks which manager answers; docker commands go to that one, and to the next "
        "when it dies. A machine goes before a cluster of its name, which is `cluster:NAME` then.",
        examples=("use web", "use prod", "use -", "use local"),
    ),
    _in_session(
        "set",
        "Set a variable, or list them",
        "machsh.commands.handlers.session_commands:set_variable",
        arguments=(Argument("NAME=VALUE", "What to set; nothing lists all", Count.ANY),),
        examples=("set TAG=1.2", "docker pull busybox:$TAG"),
    ),
    _in_session(
        "unset",
        "Forget a variable",
        "machsh.commands.handlers.session_commands:unset_variable",
        arguments=(Argument("NAME", "The variables", Count.MANY, "variable"),),
        examples=("unset TAG",),
    ),
    _in_session(
        "source",
        "Run the lines of a batch file in this session",
        "machsh.commands.handlers.session_commands:source",
        arguments=(_FILE, Argument("ARGUMENT", "What the file calls $1, $2, ...", Count.ANY)),
        examples=("source deploy.machsh production",),
    ),
    _in_session(
        "cd",
        "Change the folder in which files are looked for and ! runs",
        "machsh.commands.handlers.session_commands:change_folder",
        arguments=(
            Argument("FOLDER", "Home when it is left out, the one before for -", Count.OPTIONAL, "folder"),
        ),
        examples=("cd ~/project", "cd -"),
    ),
    _in_session(
        "echo",
        "Print words",
        "machsh.commands.handlers.session_commands:echo",
        arguments=(Argument("WORD", "What to print", Count.ANY),),
        is_raw=True,
        examples=("echo $TAG", 'echo "the code was $?"'),
    ),
    _in_session(
        "pwd", "Print the folder", "machsh.commands.handlers.session_commands:print_folder", examples=("pwd",)
    ),
    _in_session(
        "clear",
        "Clear the screen",
        "machsh.commands.handlers.session_commands:clear_screen",
        aliases=("cls", "reset"),
        examples=("clear",),
    ),
    _in_session(
        "exit",
        "Leave",
        "machsh.commands.handlers.session_commands:leave",
        arguments=(Argument("CODE", "Exit code; the last command's when it is left out", Count.OPTIONAL),),
        aliases=("quit", "logout"),
        examples=("exit", "exit 3"),
    ),
)

MACHINES = (
    Command(
        "console",
        "Show the log of a machine's serial console",
        "machsh.commands.handlers.console_log:console",
        options=(
            Option("follow", "Go on with what comes, until Ctrl-C", Kind.BOOL, short="f", ours=True),
            Option("lines", "Only so many of the last lines; 0 for all", Kind.INT, short="n", ours=True),
        ),
        arguments=(Argument("NAME", "The machine", Count.OPTIONAL, "machine"),),
        description="For machines whose driver has a console: virtual machines. It shows how the system "
        "boots, also where ssh does not answer. Escape sequences are left out.",
        examples=("console web", "console -n 20 -f web"),
    ),
    Command(
        "snapshot",
        "Save a snapshot of a machine, or list, restore and delete them",
        "machsh.commands.handlers.snapshot_command:snapshot",
        options=(
            Option("list", "List the snapshots", Kind.BOOL, short="l", ours=True),
            Option("restore", "Put the machine back to this snapshot", values="snapshot", ours=True),
            Option("delete", "Delete this snapshot", values="snapshot", ours=True),
            Option("json", "The list for programs", Kind.BOOL, ours=True),
            Option("y", "Restore or delete without a question", Kind.BOOL, ours=True),
            Option("timeout", "How long one step may take, in seconds", Kind.INT, ours=True),
        ),
        arguments=(
            Argument("NAME", "The machine", values="machine"),
            Argument("SNAPSHOT", "The new snapshot's name; the time when it is left out", Count.OPTIONAL),
        ),
        description="For machines whose driver has snapshots: virtual machines. A snapshot of a running "
        "machine holds its memory, too, and when it is restored the machine goes on where it was. "
        "What happened after a snapshot is lost when it is restored; other snapshots stay.",
        examples=(
            "snapshot web",
            "snapshot web before-upgrade",
            "snapshot web --list",
            "snapshot web --restore before-upgrade",
            "snapshot web --delete before-upgrade",
        ),
    ),
)

TOOLS = (
    Command(
        "doctor",
        "Check this computer, the store, settings and plugins, and say what mends what is wrong",
        "machsh.commands.handlers.doctor.diagnose:doctor",
        options=(
            Option("json", "Everything that was found, for programs", Kind.BOOL, ours=True),
            Option(
                "report",
                "A text for a bug report, without names, addresses and secrets",
                Kind.BOOL,
                ours=True,
            ),
        ),
        description="Sends nothing anywhere and changes nothing. The exit code is 1 when something is wrong.",
        examples=("doctor", "doctor --report > report.md"),
    ),
    Command(
        "plugins",
        "List plugins and how they are, check them, or write a new one",
        "machsh.commands.handlers.plugins.plugin_commands:plugins",
        arguments=(
            Argument("list|reload|check|new", "What to do; list when it is left out", Count.OPTIONAL),
            Argument(
                "PATH|NAME",
                "check: a file, a distribution's folder or a plugin; new: the name, and the folder to make",
                Count.ANY,
                values="file",
            ),
        ),
        options=(
            Option(
                "kind",
                "new: what to write",
                choices=("driver", "provisioner", "command", "completion", "listener"),
                ours=True,
            ),
            Option(
                "hosts",
                "check: let drivers make and remove a host, with programs and the network",
                Kind.BOOL,
                ours=True,
            ),
            Option(
                "value", "check: an option of the driver, as NAME=VALUE", Kind.LIST, secret=True, ours=True
            ),
        ),
        description="`check` runs the suites of the contracts, which need pytest. Without --hosts what would "
        "start a program or open a connection is refused, and counts as not run. "
        "`new` writes a distribution that works, with tests.",
        examples=(
            "plugins",
            "plugins reload",
            "plugins check ./vagrant.py --value vagrant-address=192.0.2.10",
            "plugins new acme --kind driver",
        ),
    ),
    Command(
        "settings",
        "Show or check the settings file",
        "machsh.commands.handlers.tools:settings",
        arguments=(Argument("show|check|path|init", "What to do; show when it is left out", Count.OPTIONAL),),
        examples=("settings check", "settings init"),
    ),
    Command(
        "protect",
        "Guard machines: to destroy one, its name must be typed",
        "machsh.commands.handlers.lifecycle:protect",
        options=(Option("off", "Take the protection away", Kind.BOOL, ours=True),),
        arguments=(Argument("NAME", "The machines", Count.MANY, "machine"),),
        examples=("protect production", "protect --off production"),
    ),
    Command(
        "trust",
        "Pin a machine's host key anew, when the host was installed anew",
        "machsh.commands.handlers.trust:trust",
        options=(Option("y", "Trust the presented key without a question", Kind.BOOL, ours=True),),
        arguments=(Argument("NAME", "The machine", values="machine"),),
        description="Shows the fingerprint of the pinned key and of the one presented now, and asks. "
        "Compare the latter with what the host says: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub",
        examples=("trust web", "trust -y web"),
    ),
    Command(
        "completion",
        "Print the completion file of a shell, or install it",
        "machsh.commands.handlers.tools:completion",
        options=(
            Option("install", "Write it to where the shell looks for yours", Kind.BOOL, ours=True),
            Option(
                "program",
                "The name to complete for",
                default="machsh",
                choices=("machsh", "docker-machine"),
                ours=True,
            ),
        ),
        arguments=(
            Argument("bash|zsh|fish", "The shell; with --install yours when left out", Count.OPTIONAL),
        ),
        examples=("completion --install", "completion bash > /etc/bash_completion.d/machsh"),
    ),
    Command(
        "install-alias",
        "Make `docker-machine` run machsh",
        "machsh.commands.handlers.programs:install_alias",
        options=(Option("force", "Replace what is there", Kind.BOOL, short="f", ours=True),),
        arguments=(Argument("DIR", "A folder of your PATH", values="folder"),),
        examples=("install-alias ~/.local/bin",),
    ),
    Command(
        "install-driver",
        "Let docker-machine, GitLab Runner and rancher-machine use a driver of machsh",
        "machsh.commands.handlers.programs:install_driver",
        options=(Option("force", "Replace what is there", Kind.BOOL, short="f", ours=True),),
        arguments=(
            Argument("NAME", "The driver, with `machsh-` before it or without", values="driver"),
            Argument("DIR", "A folder of your PATH", values="folder"),
        ),
        description="Writes the program docker-machine-driver-NAME. docker-machine has drivers of its own, "
        "such as `generic`: those names need `machsh-` before them.",
        examples=(
            "install-driver machsh-docker ~/.local/bin",
            "!docker-machine create -d machsh-docker web",
        ),
    ),
    Command(
        "serve-driver",
        "Serve a driver to docker-machine; started by docker-machine, not by you",
        "machsh.commands.handlers.programs:serve_driver",
        arguments=(Argument("NAME", "The driver", values="driver"),),
        description="Speaks docker-machine's protocol for driver programs until its client closes it, or "
        "sends no heartbeat for 10 seconds. What install-driver writes does the same, and starts faster.",
        examples=("serve-driver docker",),
    ),
)

COMMANDS = SESSION + MACHINES + TOOLS
