"""The output of `env` and `config`: what points docker at an engine, in each shell's syntax."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def _escaped(text: str, special: str, mark: str = "\\") -> str:
    return "".join(mark + letter if letter in special else letter for letter in text)


def _posix(text: str) -> str:
    # Between double quotes a backslash is special only before these, so Windows paths need no change.
    # There, interactive bash and zsh expand `!`, and `\!` keeps its backslash: put `!` between single quotes.
    return "\"'!'\"".join(_with_backslashes(piece, '$`"') for piece in text.split("!"))


def _fish(text: str) -> str:
    return _with_backslashes(text, '$"')


def _with_backslashes(text: str, special: str) -> str:
    shown = []
    for at, letter in enumerate(text):
        following = text[at + 1 : at + 2]
        is_special = letter in special or (letter == "\\" and (not following or following in special + "\\"))
        shown.append("\\" + letter if is_special else letter)
    return "".join(shown)


def _tcsh(text: str) -> str:
    # Between double quotes tcsh expands these and has no escape: close the quotes around each of them.
    return "".join(f'"\\{letter}"' if letter in '$`"!' else letter for letter in text)


def _powershell(text: str) -> str:
    # PowerShell treats typographic quotes like plain ones.
    return _escaped(text, '$`"\u201c\u201d\u201e', "`")


def _lisp(text: str) -> str:
    return _escaped(text, '"\\')


def _cmd(text: str) -> str:
    # cmd cannot escape these: a quote ends the quoted part, and a pair of `%` or `!` names a variable.
    if '"' in text or text.count("%") > 1 or text.count("!") > 1:
        raise _refused(text)
    return text


def _refused(text: str) -> Exception:
    from machsh.errors import MachshError

    return MachshError(
        f"no line for this shell can hold the value {text!r}",
        hint="move the store to a folder with an ordinary name: --storage-path",
    )


class Dialect:
    """One shell's syntax; `{name}`, `{value}` and `{command}` in its lines are filled in."""

    __slots__ = ("comment", "quote", "set_line", "special", "special_line", "unset_line", "usage")

    def __init__(
        self,
        set_line: str,
        unset_line: str,
        comment: str,
        usage: str,
        quote: Callable[[str], str],
        special: tuple[str, str] = ("", ""),
    ) -> None:
        """`usage` is the command line that evaluates our output; `quote` escapes a value for `set_line`.

        `special` holds characters, and the line that replaces `set_line` for a value with any of them.
        """
        self.set_line = set_line
        self.unset_line = unset_line
        self.comment = comment
        self.usage = usage
        self.quote = quote
        self.special, self.special_line = special

    def set(self, name: str, value: str) -> str:
        """Return the line that sets a variable. Raises MachshError if the shell cannot express the value."""
        # `eval $(...)` turns a line end into a blank, even between quotes.
        if any(letter < " " or letter == "\x7f" for letter in value):
            raise _refused(value)
        is_special = any(letter in self.special for letter in value)
        line = self.special_line if is_special else self.set_line
        return line.format(name=name, value=self.quote(value))

    def unset(self, name: str) -> str:
        """Return the line that removes a variable."""
        return self.unset_line.format(name=name)

    def unset_all(self, names: Iterable[str]) -> list[str]:
        """Return the lines that remove variables, for use before lines that set others.

        The usual `eval $(...)` makes blanks of line ends, so that `unset` would take the next line, too.
        """
        end = ";" if self is POSIX else ""
        return [self.unset(name) + end for name in names]

    def hint(self, command: str) -> list[str]:
        """Return two comment lines that say how to evaluate the output of `command`."""
        return [
            f"{self.comment} Run this command to configure your shell: ",
            f"{self.comment} {self.usage.format(command=command)}",
        ]


POSIX = Dialect('export {name}="{value}"', "unset {name}", "#", "eval $({command})", _posix)

DIALECTS: dict[str, Dialect] = {
    "fish": Dialect('set -gx {name} "{value}";', "set -e {name};", "#", "eval ({command})", _fish),
    "powershell": Dialect(
        '$Env:{name} = "{value}"',
        r"Remove-Item Env:\\{name}",
        "#",
        "& {command} | Invoke-Expression",
        _powershell,
    ),
    "cmd": Dialect(
        "SET {name}={value}",
        "SET {name}=",
        "REM",
        "\t@FOR /f \"tokens=*\" %i IN ('{command}') DO @%i",
        _cmd,
        ("&|<>^()%!", 'SET "{name}={value}"'),
    ),
    "tcsh": Dialect('setenv {name} "{value}";', "unsetenv {name};", ":", "eval `{command}`", _tcsh),
    "emacs": Dialect(
        '(setenv "{name}" "{value}")',
        '(setenv "{name}" nil)',
        ";;",
        '(with-temp-buffer (shell-command "{command}" (current-buffer)) (eval-buffer))',
        _lisp,
    ),
}
"""Shell's name -> dialect; every other shell uses `POSIX`."""


SHELLS = ("bash", "zsh", *DIALECTS)
"""The shells that completion offers."""


def dialect_of(shell: str) -> Dialect:
    """Return a shell's dialect; `POSIX` for an unknown shell."""
    return DIALECTS.get(shell, POSIX)


VARIABLES = ("DOCKER_TLS_VERIFY", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_MACHINE_NAME")
TLS_VARIABLES = ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
WINDOWS_VARIABLE = "COMPOSE_CONVERT_WINDOWS_PATHS"


def variable_values(url: str, certificates: str, name: str, platform: str) -> dict[str, str]:
    """Return the variables to set, in docker-machine's order; without certificates, none for TLS."""
    found = dict(zip(VARIABLES, ("1" if certificates else "", url, certificates, name), strict=True))
    if platform == "win32":
        found[WINDOWS_VARIABLE] = "true"
    return {variable: value for variable, value in found.items() if value}


def variable_names(platform: str) -> list[str]:
    """Return all variables that `env` may have set on the platform."""
    return [*VARIABLES, *([WINDOWS_VARIABLE] if platform == "win32" else [])]


def env_text(dialect: Dialect, lines: Sequence[str], command: str) -> str:
    """Return the lines and a hint on how to evaluate them; `command` is the command line as typed."""
    return "\n".join([*lines, *dialect.hint(command)])


def config_text(url: str, certificates: str) -> str:
    """Return options for the docker CLI, one per line, with paths quoted as Go does."""
    from machsh.go.strconv import quote

    lines = [f"-H={url}"]
    if certificates:
        ca, cert, key = (quote(f"{certificates}/{file}.pem") for file in ("ca", "cert", "key"))
        lines = ["--tlsverify", f"--tlscacert={ca}", f"--tlscert={cert}", f"--tlskey={key}", *lines]
    return "\n".join(lines)
