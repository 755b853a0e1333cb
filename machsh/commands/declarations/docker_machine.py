"""docker-machine's own commands, in its order and with its texts."""

from __future__ import annotations

from functools import partial

from machsh.commands.command import Command
from machsh.commands.declarations.create import CREATE, ENDPOINT_CHANGE, ENGINE_CHANGES
from machsh.options import Argument, Count, Kind, Option

_ONE = "Argument is a machine name."
_SEVERAL = "Argument(s) are one or more machine names."
_NAME = (Argument("NAME", "The machine; `default` when it is left out", Count.OPTIONAL, "machine"),)
_NAMES = (Argument("NAME", "The machines; `default` when they are left out", Count.ANY, "machine"),)
_RUNNING = (Argument("NAME", "The machines; `default` when they are left out", Count.ANY, "machine:running"),)
_STOPPED = (Argument("NAME", "The machines; `default` when they are left out", Count.ANY, "machine:stopped"),)
_SWARM = Option("swarm", "Display the Swarm config instead of the Docker daemon", Kind.BOOL)
_WAIT = Option("timeout", "Timeout in seconds, default to 10s", Kind.INT, default=10, short="t")
_STEP = Option("timeout", "How long one step on the machine may take, in seconds", Kind.INT, ours=True)
_PATH = "[[USER@]NAME:]PATH"


_declare = partial(Command, in_docker_machine=True)

COMMANDS = (
    _declare(
        "active",
        "Print which machine is active",
        "machsh.commands.handlers.ls.ls:active",
        options=(_WAIT,),
        examples=("active",),
    ),
    _declare(
        "config",
        "Print the connection config for machine",
        "machsh.commands.handlers.inspect:config",
        options=(_SWARM,),
        arguments=_NAME,
        description=_ONE,
        examples=("docker $(machsh config web) ps",),
    ),
    _declare(
        "create",
        "Create a machine",
        "machsh.commands.handlers.lifecycle:create",
        options=CREATE,
        arguments=(Argument("NAME", "Name of the new machine"),),
        description="Run '{program} create --driver name --help' to include the create flags for that driver "
        "in the help text.",
        examples=(
            "create web",
            "create -d docker web",
            "create -d generic --generic-ip-address 192.0.2.7 web",
            "create -d docker --endpoint ssh web",
            "create -d none --url tcp://192.0.2.7:2376 web",
            "create --resume web",
            "create --resume --engine-label tier=front web",
        ),
        takes_driver_options=True,
    ),
    _declare(
        "env",
        "Display the commands to set up the environment for the Docker client",
        "machsh.commands.handlers.env:env",
        options=(
            _SWARM,
            Option(
                "shell",
                "Force environment to be configured for a specified shell: "
                "[fish, cmd, powershell, tcsh, emacs], default is auto-detect",
                values="shell",
            ),
            Option("unset", "Unset variables instead of setting them", Kind.BOOL, short="u"),
            Option("no-proxy", "Add machine IP to NO_PROXY environment variable", Kind.BOOL),
        ),
        arguments=_NAME,
        description=_ONE,
        examples=("eval $(machsh env web)",),
    ),
    _declare(
        "inspect",
        "Inspect information about a machine",
        "machsh.commands.handlers.inspect:inspect",
        options=(
            Option(
                "format", "Format the output using the given go template.", short="f", values="inspect format"
            ),
        ),
        arguments=_NAME,
        description=_ONE,
        examples=("inspect -f '{{.Driver.IPAddress}}' web",),
    ),
    _declare(
        "ip",
        "Get the IP address of a machine",
        "machsh.commands.handlers.inspect:ip",
        arguments=_NAMES,
        description=_SEVERAL,
        examples=("ip web",),
    ),
    _declare(
        "kill",
        "Kill a machine",
        "machsh.commands.handlers.lifecycle:kill",
        options=(_STEP,),
        arguments=_RUNNING,
        description=_SEVERAL,
        examples=("kill web",),
    ),
    _declare(
        "ls",
        "List machines",
        "machsh.commands.handlers.ls.ls:ls",
        options=(
            Option("quiet", "Enable quiet mode", Kind.BOOL, short="q"),
            Option("filter", "Filter output based on conditions provided", Kind.LIST, values="ls filter"),
            _WAIT,
            Option("format", "Pretty-print machines using a Go template", short="f", values="ls format"),
        ),
        examples=("ls --filter state=running", "ls -f '{{.Name}} {{.URL}}'", "ls -f json"),
    ),
    _declare(
        "provision",
        "Re-provision existing machines",
        "machsh.commands.handlers.maintenance:provision",
        options=(
            Option("dry-run", "Print the steps without doing them", Kind.BOOL, short="n", ours=True),
            Option(
                "take-over",
                "Make adopted machines ordinary ones: set up their hosts, after a question",
                Kind.BOOL,
                ours=True,
            ),
            Option("y", "Take over without a question", Kind.BOOL, ours=True),
            _STEP,
            ENDPOINT_CHANGE,
            *ENGINE_CHANGES,
        ),
        arguments=_NAMES,
        examples=(
            "provision web",
            "provision --engine-label rack=7 --engine-opt '' web",
            "provision --endpoint ssh web",
        ),
    ),
    _declare(
        "regenerate-certs",
        "Regenerate TLS Certificates for a machine",
        "machsh.commands.handlers.maintenance:regenerate",
        options=(
            Option("force", "Force rebuild and do not prompt", Kind.BOOL, short="f"),
            Option("client-certs", "Also regenerate client certificates and CA.", Kind.BOOL),
            _STEP,
        ),
        arguments=_NAMES,
        description=_SEVERAL,
        loses="the machine's server certificate",
        examples=(
            "regenerate-certs web",
            "regenerate-certs --client-certs",
        ),
    ),
    _declare(
        "restart",
        "Restart a machine",
        "machsh.commands.handlers.lifecycle:restart",
        options=(_STEP,),
        arguments=_NAMES,
        description=_SEVERAL,
        examples=("restart web",),
    ),
    _declare(
        "rm",
        "Remove a machine",
        "machsh.commands.handlers.lifecycle:remove",
        options=(
            Option(
                "force",
                "Remove local configuration even if machine cannot be removed, "
                "also implies an automatic yes (`-y`)",
                Kind.BOOL,
                short="f",
            ),
            Option(
                "y",
                "Assumes automatic yes to proceed with remove, without prompting further user confirmation",
                Kind.BOOL,
            ),
        ),
        arguments=(Argument("NAME", "The machines to destroy", Count.MANY, "machine"),),
        description=_SEVERAL,
        loses="the machine and everything on it",
        examples=(
            "rm web",
            "rm -y web db",
            "rm @label:stage=test",
        ),
    ),
    _declare(
        "ssh",
        "Log into or run a command on a machine with SSH.",
        "machsh.commands.handlers.ssh:ssh",
        arguments=(
            Argument("NAME", "The machine", Count.OPTIONAL, "machine:running"),
            Argument("COMMAND", "Options of ssh, and what to run there", Count.ANY, "program"),
        ),
        description="Arguments are [machine-name] [command]",
        examples=("ssh web", "ssh web uptime"),
        is_raw=True,
    ),
    _declare(
        "scp",
        "Copy files between machines",
        "machsh.commands.handlers.ssh:scp",
        options=(
            Option(
                "recursive", "Copy files recursively (required to copy directories)", Kind.BOOL, short="r"
            ),
            Option(
                "delta",
                "Reduce amount of data sent over network by sending only the differences (uses rsync)",
                Kind.BOOL,
                short="d",
            ),
            Option(
                "quiet",
                "Disables the progress meter as well as warning and diagnostic messages from ssh",
                Kind.BOOL,
                short="q",
            ),
        ),
        arguments=(
            Argument("SOURCE", _PATH, values="machine path"),
            Argument("TARGET", _PATH, values="machine path"),
        ),
        description="Arguments are [[user@]machine:][path] [[user@]machine:][path].",
        examples=("scp notes.txt web:/tmp/", "scp -r web:/etc/docker backup:/tmp/"),
    ),
    _declare(
        "mount",
        "Mount or unmount a directory from a machine with SSHFS.",
        "machsh.commands.handlers.ssh:mount",
        options=(Option("unmount", "Unmount instead of mount", Kind.BOOL, short="u"),),
        arguments=(
            Argument("SOURCE", _PATH, values="machine path"),
            Argument(
                "MOUNTPOINT", "Folder of this computer; the same path when left out", Count.OPTIONAL, "folder"
            ),
        ),
        description="Arguments are [machine:][path] [mountpoint]",
        examples=("mount web:/srv /mnt/web", "mount -u web:/srv /mnt/web"),
    ),
    _declare(
        "start",
        "Start a machine",
        "machsh.commands.handlers.lifecycle:start",
        options=(_STEP,),
        arguments=_STOPPED,
        description=_SEVERAL,
        examples=("start web",),
    ),
    _declare(
        "status",
        "Get the status of a machine",
        "machsh.commands.handlers.inspect:status",
        arguments=_NAME,
        description=_ONE,
        examples=("status web",),
    ),
    _declare(
        "stop",
        "Stop a machine",
        "machsh.commands.handlers.lifecycle:stop",
        options=(_STEP,),
        arguments=_RUNNING,
        description=_SEVERAL,
        examples=("stop web db", "stop @web*", "stop @all,-db"),
    ),
    _declare(
        "upgrade",
        "Upgrade a machine to the latest version of Docker",
        "machsh.commands.handlers.maintenance:upgrade",
        options=(_STEP,),
        arguments=_NAMES,
        description=_SEVERAL,
        examples=("upgrade web",),
    ),
    _declare(
        "url",
        "Get the URL of a machine",
        "machsh.commands.handlers.inspect:url",
        arguments=_NAME,
        description=_ONE,
        examples=("url web",),
    ),
    _declare(
        "version",
        "Show the Docker Machine version or a machine docker version",
        "machsh.commands.handlers.inspect:version",
        arguments=(Argument("NAME", "The machine; ours when it is left out", Count.OPTIONAL, "machine"),),
        examples=(
            "version",
            "version web",
        ),
    ),
    _declare(
        "help",
        "Shows a list of commands or help for one command",
        "machsh.commands.handlers.help_command:help",
        arguments=(Argument("COMMAND", "What to explain", Count.OPTIONAL, "command"),),
        aliases=("h",),
        examples=(
            "help",
            "help create",
        ),
    ),
)
