"""The command `cluster`."""

from __future__ import annotations

from machsh.commands.command import Command, CommandVerb
from machsh.options import Argument, Count, Kind, Option

VERBS = (
    CommandVerb(
        "init",
        "CLUSTER MANAGERS [WORKERS...]",
        "begin a cluster",
        ("default-addr-pool", "default-addr-pool-mask-length"),
    ),
    CommandVerb("join", "CLUSTER MACHINES...", "take machines in, with --manager as managers", ("manager",)),
    CommandVerb("leave", "MACHINES...", "take machines out; the last one ends the cluster", ("force", "y")),
    CommandVerb("rm", "CLUSTER", "end a cluster; its machines stay", ("force", "y")),
    CommandVerb("status", "[CLUSTER]", "the nodes, and how many managers may be lost", ("json",)),
    CommandVerb("ls", "", "the clusters and their machines", ("json",)),
    CommandVerb("promote", "MACHINES...", "make workers managers"),
    CommandVerb("demote", "MACHINES...", "make managers workers"),
    CommandVerb("drain", "MACHINES...", "give their tasks to others"),
    CommandVerb("activate", "MACHINES...", "let them take tasks again"),
    CommandVerb("label", "MACHINES KEY=VALUE KEY-...", "set and remove labels of nodes"),
    CommandVerb(
        "recover", "CLUSTER MACHINE", "begin anew from this manager when most managers are lost", ("y",)
    ),
    CommandVerb(
        "upgrade",
        "CLUSTER",
        "the engines one after the other, drained meanwhile, the leader last",
        ("timeout",),
    ),
    CommandVerb(
        "deploy",
        "[CLUSTER] FILE STACK",
        "deploy a compose file, and wait until its services run",
        ("detach", "prune", "with-registry-auth", "timeout"),
    ),
    CommandVerb("lock", "CLUSTER", "managers need a key after a restart; with --off no longer", ("off",)),
    CommandVerb(
        "unlock",
        "CLUSTER",
        "give the kept key, or that of --key-file, to managers that wait for it",
        ("key-file",),
    ),
    CommandVerb("unlock-key", "CLUSTER", "print the key, with --rotate a new one", ("rotate",)),
    CommandVerb(
        "rotate",
        "CLUSTER [tokens|ca]",
        "make new join tokens, or a new authority of the nodes' certificates",
        ("timeout",),
    ),
)

COMMANDS = (
    Command(
        "cluster",
        "Make and keep a cluster (docker's swarm mode) of several machines",
        "machsh.commands.handlers.cluster_command:cluster",
        arguments=(
            Argument(
                "|".join(one.name for one in VERBS), "What to do; ls when it is left out", Count.OPTIONAL
            ),
            Argument(
                "CLUSTER|MACHINE", "A cluster's name, machines or @selections", Count.ANY, "cluster word"
            ),
        ),
        options=(
            Option("manager", "join: as managers", Kind.BOOL, ours=True),
            Option(
                "force",
                "leave, rm: also machines that do not answer, and without quorum",
                Kind.BOOL,
                short="f",
                ours=True,
            ),
            Option(
                "default-addr-pool",
                "init: a network of which overlay networks get their addresses",
                Kind.LIST,
                ours=True,
            ),
            Option(
                "default-addr-pool-mask-length",
                "init: the bits of such a network's mask, 24 if not given",
                Kind.INT,
                ours=True,
            ),
            Option("off", "lock: no longer", Kind.BOOL, ours=True),
            Option("key-file", "unlock: a file with the key", values="file", ours=True),
            Option("rotate", "unlock-key: make a new one", Kind.BOOL, ours=True),
            Option("y", "Do not ask", Kind.BOOL, ours=True),
            Option("json", "ls, status: as JSON", Kind.BOOL, ours=True),
            Option("detach", "deploy: do not wait until the services run", Kind.BOOL, ours=True),
            Option("prune", "deploy: remove services that are no longer in the file", Kind.BOOL, ours=True),
            Option("with-registry-auth", "deploy: give the nodes your registry login", Kind.BOOL, ours=True),
            Option(
                "timeout",
                "upgrade, rotate ca, deploy: how long a step, or the services, may take, in seconds",
                Kind.INT,
                ours=True,
            ),
        ),
        description="`@cluster:NAME` selects a cluster's machines. docker's own words (`node`, `service`, "
        "`stack`, `swarm`) go on working on any manager.",
        verbs=VERBS,
        loses="the services of a cluster that ends",
        examples=(
            "cluster init prod @m1,m2,m3 @web*",
            "cluster status prod",
            "cluster join prod web-4",
            "cluster drain web-2",
            "cluster deploy prod stack.yml app",
            "@cluster:prod df",
        ),
    ),
)
