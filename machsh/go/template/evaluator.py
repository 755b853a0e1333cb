"""Runs a parsed template on data, with Go's errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.go.strconv import quote
from machsh.go.template.budget import Budget, check_length
from machsh.go.template.errors import CallError, TemplateError
from machsh.go.template.functions import VALUE, Function, Functions
from machsh.go.template.nodes import (
    Action,
    Body,
    Bool,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Nil,
    Node,
    Number,
    Pipe,
    String,
    Text,
    Variable,
)
from machsh.go.template.parser import Definitions
from machsh.go.template.printing import show
from machsh.go.template.values import (
    ANY,
    Boxed,
    Named,
    Pointer,
    Struct,
    element,
    indirect,
    is_true,
    type_name,
    unboxed,
)

MAX_DEPTH = 100
"""How deep templates may call each other: low enough for Python's stack, more than anybody needs."""
_LARGEST_INT = (1 << 63) - 1


class _Absent:
    """The type of `_ABSENT`: the first command of a pipe gets no value from an earlier one."""


_ABSENT = _Absent()


class _JumpError(Exception):
    """Carries `break` or `continue` to the enclosing `range`."""


class Evaluator:
    """Runs the templates of one text."""

    def __init__(self, text: str, name: str, definitions: Definitions, functions: Functions) -> None:
        self._text = text
        self._parsed_name = name
        self._name = name
        self._definitions = definitions
        self._functions = functions
        self._node: Node | None = None
        self._variables: list[tuple[str, Any]] = []
        self._depth = 0
        self._pieces: list[str] = []
        self._budget = Budget()

    @property
    def printed(self) -> str:
        """The output so far."""
        return "".join(self._pieces)

    def run(self, data: Any) -> str:
        """Run the template on `data` and return its output. Raises TemplateError."""
        self._variables = [("$", data)]
        self._walk(data, self._definitions[self._name])
        return self.printed

    def _error(self, text: str) -> TemplateError:
        if self._node is None:
            return TemplateError(f"template: {self._name}: {text}", printed=self.printed)
        before = self._text[: self._node.start]
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2].encode())
        place = f"{self._parsed_name}:{line}:{column}"
        at = f"executing {quote(self._name)} at <{self._node}>"
        return TemplateError(f"template: {place}: {at}: {text}", printed=self.printed)

    def _walk(self, dot: Any, node: Node) -> None:
        self._node = node
        self._spend(self._budget.step())
        if isinstance(node, Body):
            for one in node.nodes:
                self._walk(dot, one)
        elif isinstance(node, Text):
            self._print(node.text)
        elif isinstance(node, Action):
            value = self._pipe(dot, node.pipe)
            if not node.pipe.declared:
                self._node = node
                self._print(_printable(value))
        elif isinstance(node, Branch):
            (self._range if node.word == "range" else self._choose)(dot, node)
        elif isinstance(node, Call):
            self._template(dot, node)
        elif isinstance(node, Jump):
            raise _JumpError(node.word)

    def _print(self, text: str) -> None:
        self._spend(self._budget.step(text) or self._budget.print(text))
        self._pieces.append(text)

    def _spend(self, refusal: str) -> None:
        if refusal:
            raise self._error(refusal)

    def _choose(self, dot: Any, node: Branch) -> None:
        """Run `if` or `with`."""
        known = len(self._variables)
        value = self._pipe(dot, node.pipe)
        if is_true(value):
            self._walk(value if node.word == "with" else dot, node.body)
        elif node.otherwise is not None:
            self._walk(dot, node.otherwise)
        del self._variables[known:]

    def _range(self, dot: Any, node: Branch) -> None:
        known = len(self._variables)
        value, is_nil = indirect(self._pipe(dot, node.pipe))
        if (
            not isinstance(value, list | dict)
            and value is not None
            and not (is_nil and isinstance(value, Boxed))
        ):
            raise self._error(f"range can't iterate over {show(value)}")
        if value and not is_nil:
            self._iterate(value, node)
        elif node.otherwise is not None:
            self._walk(dot, node.otherwise)
        del self._variables[known:]

    def _iterate(self, value: Any, node: Branch) -> None:
        mark = len(self._variables)
        for key in sorted(value) if isinstance(value, dict) else range(len(value)):
            item = element(value, key)
            for place, kept in enumerate((item, key)[: len(node.pipe.declared)], 1):
                self._variables[mark - place] = (self._variables[mark - place][0], kept)
            try:
                self._walk(item, node.body)
            except _JumpError as jump:
                if str(jump) == "break":
                    break
            finally:
                del self._variables[mark:]

    def _template(self, dot: Any, node: Call) -> None:
        body = self._definitions.get(node.name)
        if body is None:
            raise self._error(f"template {quote(node.name)} not defined")
        if self._depth == MAX_DEPTH:
            raise self._error(f"exceeded maximum template depth ({MAX_DEPTH})")
        value = self._pipe(dot, node.pipe) if node.pipe else None
        kept = self._name, self._variables
        self._name, self._variables = node.name, [("$", value)]
        self._depth += 1
        self._walk(value, body)
        self._depth -= 1
        self._name, self._variables = kept

    def _pipe(self, dot: Any, pipe: Pipe) -> Any:
        self._node = pipe
        value: Any = _ABSENT
        for command in pipe.commands:
            value = unboxed(self._command(dot, command, value))
        for variable in pipe.declared:
            self._keep(variable.names[0], value, pipe.is_assignment)
        return value

    def _keep(self, name: str, value: Any, is_assignment: bool) -> None:
        if not is_assignment:
            self._variables.append((name, value))
            return
        for place in range(len(self._variables) - 1, -1, -1):
            if self._variables[place][0] == name:
                self._variables[place] = (name, value)
                return
        raise self._error(f"undefined variable: {name}")

    def _command(self, dot: Any, command: Command, final: Any) -> Any:
        first = command.arguments[0]
        has_more = len(command.arguments) > 1 or final is not _ABSENT
        if isinstance(first, Identifier):
            return self._function(dot, first, (command, command.arguments[1:]), final)
        if isinstance(first, Field | Chain | Variable):
            return self._fields(dot, first, has_more)
        if not isinstance(first, Pipe):
            self._node = first
        if has_more:
            raise self._error(f"can't give argument to non-function {first}")
        if isinstance(first, Nil):
            raise self._error("nil is not a command")
        return self._constant(dot, first)

    def _constant(self, dot: Any, node: Node) -> Any:
        if isinstance(node, Pipe):
            return self._pipe(dot, node)
        self._node = node
        if isinstance(node, Bool):
            return node.value
        if isinstance(node, String):
            return node.text
        return self._number(node) if isinstance(node, Number) else dot

    def _number(self, node: Number) -> Any:
        """Return a constant's value: an int, unless it is written as a float."""
        is_hex = node.text[:2].lower() == "0x" and "p" not in node.text.lower()
        is_written_real = any(mark in node.text for mark in ".eEpP") and not node.text.startswith("'")
        if node.real is not None and is_written_real and not is_hex:
            return node.real
        if node.whole is None or node.whole > _LARGEST_INT:
            raise self._error(f"{node.text} overflows int")
        return node.whole

    def _fields(self, dot: Any, node: Field | Chain | Variable, has_arguments: bool) -> Any:
        """Evaluate a chain of fields."""
        self._node = node
        names = node.names
        if isinstance(node, Field):
            value = dot
        elif isinstance(node, Variable):
            value, names = self._variable(node.names[0]), node.names[1:]
            if not names and has_arguments:
                raise self._error(f"can't give argument to non-function {node}")
        else:
            if isinstance(node.node, Nil):
                raise self._error(f"indirection through explicit nil in {node}")
            value = self._argument(dot, VALUE, node.node)
        for place, name in enumerate(names, 1):
            value = self._field(value, name, node, has_arguments and place == len(names))
        return value

    def _variable(self, name: str) -> Any:
        for known, value in reversed(self._variables):
            if known == name:
                return value
        raise self._error(f"undefined variable: {name}")

    def _field(self, receiver: Any, name: str, node: Node, has_arguments: bool) -> Any:
        """Return one field's value; None for a missing key of a mapping, and for any field of None."""
        if receiver is None:
            return None
        reported = type_name(receiver)
        value, is_nil = indirect(receiver)
        if is_nil:
            raise self._error(f"nil pointer evaluating {reported}.{name}")
        if isinstance(value, Named) and name == "String":
            return value.text
        if isinstance(value, Struct) and name in value.fields:
            if has_arguments:
                raise self._error(f"{name} has arguments but cannot be invoked as function")
            return value.fields[name]
        if isinstance(value, dict):
            if has_arguments:
                raise self._error(f"{name} is not a method but has arguments")
            return element(value, name) if name in value else None
        raise self._error(f"can't evaluate field {name} in type {reported}")

    def _function(self, dot: Any, node: Identifier, called: tuple[Node, list[Node]], final: Any) -> Any:
        self._node = node
        function = self._functions[node.name]
        place, arguments = called
        given = len(arguments) + (final is not _ABSENT)
        wanted = len(function.parameters)
        if function.is_variadic and given < wanted - 1:
            reported = f"want at least {wanted - 1} got {len(arguments)}"
            raise self._error(f"wrong number of args for {node.name}: {reported}")
        if not function.is_variadic and given != wanted:
            raise self._error(f"wrong number of args for {node.name}: want {wanted} got {given}")
        if function.is_lazy:
            return self._lazy(dot, node.name, arguments, final)
        values = [self._argument(dot, _parameter(function, at), one) for at, one in enumerate(arguments)]
        if final is not _ABSENT:
            values.append(self._fitting(final, _parameter(function, len(arguments))))
        return self._called(function.call, values, node.name, place)

    def _called(self, call: Callable[..., Any], values: list[Any], name: str, place: Node) -> Any:
        try:
            value = call(*values)
            if isinstance(value, str):
                check_length(len(value))
            self._spend(self._budget.step(value))
            return value
        except CallError as error:
            self._node = place
            raise self._error(f"error calling {name}: {error}") from error

    def _lazy(self, dot: Any, name: str, arguments: list[Node], final: Any) -> Any:
        """Evaluate `and` or `or`: return the first argument that decides, else the last."""
        value: Any = None
        for argument in arguments:
            value = self._argument(dot, VALUE, argument)
            if is_true(value) == (name == "or"):
                return value
        return value if final is _ABSENT else self._fitting(final, VALUE)

    def _argument(self, dot: Any, wanted: str, node: Node) -> Any:
        """Evaluate an argument for a parameter of type `wanted`."""
        self._node = node
        if isinstance(node, Nil):
            if wanted in ("string", "int"):
                raise self._error(f"cannot assign nil to {wanted}")
            return Boxed(None) if wanted == ANY else None
        if isinstance(node, Field | Chain | Variable):
            return self._fitting(self._fields(dot, node, False), wanted)
        if isinstance(node, Identifier):
            return self._fitting(self._function(dot, node, (node, []), _ABSENT), wanted)
        if isinstance(node, Dot | Pipe):
            return self._fitting(self._constant(dot, node), wanted)
        return self._literal(dot, wanted, node)

    def _literal(self, dot: Any, wanted: str, node: Node) -> Any:
        if wanted == "string" and not isinstance(node, String):
            raise self._error(f"expected string; found {node}")
        if wanted == "int":
            if not isinstance(node, Number) or node.whole is None:
                raise self._error(f"expected integer; found {node}")
            return node.whole
        return self._constant(dot, node)

    def _fitting(self, value: Any, wanted: str) -> Any:
        """Return the value if a parameter of type `wanted` accepts it; else raise TemplateError."""
        if value is None:
            if wanted in ("string", "int"):
                raise self._error(f"invalid value; expected {wanted}")
            return Boxed(None) if wanted == ANY else None
        if wanted in (VALUE, ANY):
            return value
        inner = unboxed(value)
        reported = ANY if inner is None else type_name(inner)
        if reported != wanted:
            raise self._error(f"wrong type for value; expected {wanted}; got {reported}")
        return inner


def _parameter(function: Function, place: int) -> str:
    """Return the Go type of the parameter at index `place`; the last one repeats."""
    return function.parameters[min(place, len(function.parameters) - 1)]


def _printable(value: Any) -> str:
    """Format an action's value: a pointer as its target, None as `<no value>`."""
    if isinstance(value, Pointer):
        value = value.target if value.target is not None else value
    return "<no value>" if value is None else show(value)
