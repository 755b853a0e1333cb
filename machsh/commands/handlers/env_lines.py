"""The lines of `env` and `config`: the variables that point docker at an engine, in each shell's words."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _escaped(text: str, special: str, mark: str = "\\") -> str:
    return "".join(mark + letter if letter in special else letter for letter in text)


def _posix(text: str) -> str:
    # A backslash is special only before these, so that Windows paths stay as they are.
    # An interactive bash or zsh expands `!` between double quotes, where no escape removes its own backslash.
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
    # Between double quotes tcsh still expands these and knows no escape: leave the quotes for one character.
    return "".join(f'"\\{letter}"' if letter in '$`"!' else letter for letter in text)


def _powershell(text: str) -> str:
    # PowerShell takes typographic quotes for plain ones.
    return _escaped(text, '$`"\u201c\u201d\u201e', "`")


def _lisp(text: str) -> str:
    return _escaped(text, '"\\')


def _cmd(text: str) -> str:
    # cmd has no escape for these: a quote ends the quoted part, and a pair of the others names a variable.
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
    """One shell's way; `{name}`, `{value}` and `{command}` are filled in."""

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
        """`usage` is the line that evaluates our output, `quote` makes a value safe between its quotes.

        `special`: characters, and the line that sets a value which has one of them, instead of `set_line`.
        """
        self.set_line = set_line
        self.unset_line = unset_line
        self.comment = comment
        self.usage = usage
        self.quote = quote
        self.special, self.special_line = special

    def set(self, name: str, value: str) -> str:
        """The line that sets a variable. Raises MachshError for a value that the shell cannot take."""
        # Even where quotes hold a line end, `eval $(...)` makes a blank of it.
        if any(letter < " " or letter == "\x7f" for letter in value):
            raise _refused(value)
        is_special = any(letter in self.special for letter in value)
        line = self.special_line if is_special else self.set_line
        return line.format(name=name, value=self.quote(value))

    def unset(self, name: str) -> str:
        """The line that removes a variable."""
        return self.unset_line.format(name=name)

    def hint(self, command: str) -> list[str]:
        """How to make a shell take the lines: two comments."""
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
"""By the shell's name; every other shell speaks POSIX."""


SHELLS = ("bash", "zsh", *DIALECTS)
"""What completion offers."""


def dialect_of(shell: str) -> Dialect:
    """The dialect of a shell; unknown ones speak POSIX."""
    return DIALECTS.get(shell, POSIX)


VARIABLES = ("DOCKER_TLS_VERIFY", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_MACHINE_NAME")
WINDOWS_VARIABLE = "COMPOSE_CONVERT_WINDOWS_PATHS"


def variable_values(url: str, certificates: str, name: str, platform: str) -> dict[str, str]:
    """The variables to set, in docker-machine's order; without certificates the two of TLS are left out."""
    found = dict(zip(VARIABLES, ("1" if certificates else "", url, certificates, name), strict=True))
    if platform == "win32":
        found[WINDOWS_VARIABLE] = "true"
    return {variable: value for variable, value in found.items() if value}


def variable_names(platform: str) -> list[str]:
    """Every variable that may have been set."""
    return [*VARIABLES, *([WINDOWS_VARIABLE] if platform == "win32" else [])]


def env_text(dialect: Dialect, lines: Sequence[str], command: str) -> str:
    """The lines, and below them how a shell takes them; `command` is the command line as typed."""
    return "\n".join([*lines, *dialect.hint(command)])


def config_text(url: str, certificates: str) -> str:
    """The options of the docker CLI, paths quoted as Go does."""
    from machsh.go.strconv import quote

    lines = [f"-H={url}"]
    if certificates:
        ca, cert, key = (quote(f"{certificates}/{file}.pem") for file in ("ca", "cert", "key"))
        lines = ["--tlsverify", f"--tlscacert={ca}", f"--tlscert={cert}", f"--tlskey={key}", *lines]
    return "\n".join(lines)
