"""The commands that move machines between computers and people."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
_ENCRYPTION = (
    Option(
        "recipient",
        "Encrypt for the owner of this age key (age1...) instead of with a passphrase",
        Kind.LIST,
        ours=True,
    ),
    Option("passphrase-file", "Take the passphrase from this file", values="file", ours=True),
    Option("passphrase-command", "Take the passphrase from what this command prints", ours=True),
    Option("no-encryption", "Write a plain tar file", Kind.BOOL, ours=True),
)
_FORCE = Option("force", "Replace a file that exists", Kind.BOOL, short="f", ours=True)

COMMANDS = (
    Command(
        "backup",
        "Write machines with their keys and certificates into one encrypted file",
        "machsh.commands.handlers.archives.backup_command:backup",
        options=(
            Option(
                "output",
                "The file; its name has the date when it is left out",
                short="o",
                ours=True,
                values="file",
            ),
            Option("all", "All machines", Kind.BOOL, ours=True),
            Option(
                "with-authority",
                "The authority's key, too: with it new certificates can be made, for every machine of it",
                Kind.BOOL,
                ours=True,
            ),
            Option(
                "with-state",
                "The hosts themselves, too, where they are files: disks of QEMU's machines that are off",
                Kind.BOOL,
                ours=True,
            ),
            *_ENCRYPTION,
            _FORCE,
        ),
        arguments=(Argument("NAME", "The machines", Count.ANY, "machine"),),
        description="Holds the records, ssh keys, host keys and certificates: who opens it controls the "
        "machines. The hosts themselves stay where they are, but for --with-state. The file is in age's "
        "format around a tar file: `age -d FILE | tar x` opens it, too.",
        examples=(
            "backup web db -o machines.age",
            "backup --all --with-authority -o store.age",
            f"backup web -o web.age --recipient {_KEY}",
            "backup --all -o nightly.age --passphrase-file ~/.backup-passphrase --force",
        ),
    ),
    Command(
        "restore",
        "Take machines from a backup, a share, or a store of docker-machine",
        "machsh.commands.handlers.archives.restore_command:restore",
        options=(
            Option("rename", "OLD=NEW: restore a machine under another name", Kind.LIST, ours=True),
            Option("skip-existing", "Leave out machines whose name exists", Kind.BOOL, ours=True),
            Option("list", "Only list the machines in it", Kind.BOOL, short="l", ours=True),
            Option("json", "The list for programs", Kind.BOOL, ours=True),
            Option("passphrase-file", "Take the passphrase from this file", values="file", ours=True),
            Option("passphrase-command", "Take the passphrase from what this command prints", ours=True),
            Option("identity", "File with your age key (AGE-SECRET-KEY-1...)", values="file", ours=True),
        ),
        arguments=(
            Argument("FILE", "The archive, or a folder", values="file"),
            Argument("NAME", "The machines in it; all when they are left out", Count.ANY),
        ),
        description="Reads what backup and share write, tar and zip files of a store or a machine's folder, "
        "and folders such as another computer's ~/.docker/machine. Paths are rewritten, keys get mode 0600. "
        "Machines of another authority keep their own certificates, and work at once.",
        examples=(
            "restore machines.age",
            "restore machines.age web --rename web=old-web",
            "restore machines.age --list",
            "restore /media/stick/.docker/machine --skip-existing",
        ),
    ),
    Command(
        "share",
        "Give another person access to a machine's engine, with a certificate of their own",
        "machsh.commands.handlers.share_command:share",
        options=(
            Option("with", "The person, as the certificate is to name them", ours=True),
            Option(
                "output",
                "The file; PERSON-NAME-DATE.age when it is left out",
                short="o",
                ours=True,
                values="file",
            ),
            Option("days", "How long the certificate is valid", Kind.INT, default=365, ours=True),
            Option("list", "List who has a certificate", Kind.BOOL, short="l", ours=True),
            Option("json", "The list for programs", Kind.BOOL, ours=True),
            Option("y", "Without a question", Kind.BOOL, ours=True),
            *_ENCRYPTION,
            _FORCE,
        ),
        arguments=(Argument("NAME", "The machine; --list: all", Count.OPTIONAL, "machine"),),
        description="The file holds the machine's address, its authority's certificate, and a new key with a "
        "certificate for that person; none of your keys. They run `machsh restore FILE`. The certificate "
        "opens all machines of the same authority, and ends with it.",
        examples=(
            "share web --with ann -o for-ann.age",
            f"share web --with ann --days 30 --recipient {_KEY}",
            "share web --list",
        ),
    ),
)
