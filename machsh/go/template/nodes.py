"""The nodes of a parsed template. As strings, they read as in Go's errors: `at <.Name>`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from machsh.go.strconv import quote


@dataclass(slots=True)
class Node:
    """A part of the template; `start` is its offset in characters."""

    start: int


@dataclass(slots=True)
class Text(Node):
    """Text between actions."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class Identifier(Node):
    """A function's name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class Variable(Node):
    """`$x.A.B`."""

    names: list[str]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(slots=True)
class Dot(Node):
    """`.`."""

    def __str__(self) -> str:
        return "."


@dataclass(slots=True)
class Nil(Node):
    """`nil`."""

    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True)
class Field(Node):
    """`.A.B`."""

    names: list[str]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class Chain(Node):
    """Fields of something in parentheses, `(...).A.B`."""

    node: Node
    names: list[str]

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return inner + "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class Bool(Node):
    """`true` or `false`."""

    value: bool

    def __str__(self) -> str:
        return str(self.value).lower()


@dataclass(slots=True)
class Number(Node):
    """A number as written, and its values as int and as float; None where it has none."""

    text: str
    whole: int | None
    real: float | None

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class String(Node):
    """A string literal, as written and unquoted."""

    quoted: str
    text: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(slots=True)
class Command(Node):
    """A function with its arguments, or one value."""

    arguments: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(f"({one})" if isinstance(one, Pipe) else str(one) for one in self.arguments)


@dataclass(slots=True)
class Pipe(Node):
    """Commands joined by `|`, each with the previous result as its last argument; may set variables."""

    declared: list[Variable] = field(default_factory=list)
    is_assignment: bool = False
    commands: list[Command] = field(default_factory=list)

    def __str__(self) -> str:
        declared = ", ".join(map(str, self.declared))
        commands = " | ".join(map(str, self.commands))
        return f"{declared} := {commands}" if declared else commands


@dataclass(slots=True)
class Action(Node):
    """`{{pipe}}`."""

    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(slots=True)
class Body(Node):
    """A sequence of nodes."""

    nodes: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(map(str, self.nodes))


@dataclass(slots=True)
class Branch(Node):
    """`if`, `range` or `with`."""

    word: str
    pipe: Pipe
    body: Body
    otherwise: Body | None

    def __str__(self) -> str:
        otherwise = f"{{{{else}}}}{self.otherwise}" if self.otherwise else ""
        return f"{{{{{self.word} {self.pipe}}}}}{self.body}{otherwise}{{{{end}}}}"


@dataclass(slots=True)
class Jump(Node):
    """`break` or `continue`."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


@dataclass(slots=True)
class Call(Node):
    """`{{template "name" pipe}}`."""

    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        pipe = f" {self.pipe}" if self.pipe else ""
        return f"{{{{template {quote(self.name)}{pipe}}}}}"


@dataclass(slots=True)
class Mark(Node):
    """`{{end}}` or `{{else}}`, which ends a body."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


def is_empty(nodes: Sequence[Node]) -> bool:
    """Whether a definition has only whitespace; another definition may then replace it."""
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
