"""Builds a template's tree from its tokens, with Go's errors."""

from __future__ import annotations

from collections.abc import Callable, Container

from machsh.go.strconv import quote, unquote
from machsh.go.template.errors import ParseError
from machsh.go.template.lexer import Kind, Lexer, Token
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
    Mark,
    Nil,
    Node,
    Number,
    Pipe,
    String,
    Text,
    Variable,
    is_empty,
)
from machsh.go.template.numbers import read_number

_OPERANDS = frozenset(
    (
        Kind.BOOL,
        Kind.CHARACTER,
        Kind.COMPLEX,
        Kind.FIELD,
        Kind.IDENTIFIER,
        Kind.NUMBER,
        Kind.RAW,
        Kind.STRING,
        Kind.VARIABLE,
        Kind.OPEN,
    )
)
_LITERALS = (Bool, String, Number, Nil, Dot)
Definitions = dict[str, Body]


class Parser:
    """Parses one template text; each `define` and `block` in it becomes a separate template."""

    def __init__(self, text: str, name: str, functions: Container[str]) -> None:
        self._tokens = Lexer(text).tokens()
        self._name = name
        self._functions = functions
        self._place = 0
        self._seen = 0
        """Index of the furthest token read; errors name its line."""
        self._action_line = 0
        self._variables = ["$"]
        self._loops = 0
        self._definitions: Definitions = {}

    def parse(self) -> Definitions:
        """Return all templates by name, including the main one. Raises ParseError."""
        body = Body(self._peek().start)
        while self._peek().kind is not Kind.END:
            before = self._place
            if self._next().kind is Kind.LEFT and self._next_word().is_word("define"):
                self._define()
                continue
            self._place = before
            node = self._text_or_action()
            if isinstance(node, Mark):
                raise self._error(f"unexpected {node}")
            body.nodes.append(node)
        self._add(self._name, body)
        return self._definitions

    def _add(self, name: str, body: Body) -> None:
        former = self._definitions.get(name)
        if former is None or is_empty(former.nodes):
            self._definitions[name] = body
        elif not is_empty(body.nodes):
            raise self._error(f"template: multiple definition of template {quote(name)}")

    def _look(self, place: int) -> Token:
        place = min(place, len(self._tokens) - 1)
        self._seen = max(self._seen, place)
        return self._tokens[place]

    def _peek(self) -> Token:
        return self._look(self._place)

    def _next(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _next_word(self) -> Token:
        """Consume and return the next token other than space."""
        while True:
            token = self._next()
            if token.kind is not Kind.SPACE:
                return token

    def _peek_word(self) -> Token:
        token = self._next_word()
        self._place -= 1
        return token

    def _error(self, text: str) -> ParseError:
        return ParseError(f"template: {self._name}:{self._tokens[self._seen].line}: {text}")

    def _unexpected(self, token: Token, context: str) -> ParseError:
        if token.kind is not Kind.ERROR:
            return self._error(f"unexpected {token} in {context}")
        extra = ""
        if self._action_line and self._action_line != token.line:
            within = "" if token.text.endswith(" action") else " in action"
            extra = f"{within} started at {self._name}:{self._action_line}"
        return self._error(f"{token}{extra}")

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._next_word()
        if token.kind is not kind:
            raise self._unexpected(token, context)
        return token

    def _expect_name(self, token: Token, context: str) -> str:
        if token.kind not in (Kind.STRING, Kind.RAW):
            raise self._unexpected(token, context)
        return self._unquoted(token)

    def _unquoted(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError as error:
            raise self._error(str(error)) from error

    def _apart(self, parse: Callable[[], Body]) -> Body:
        """Parse a definition, hiding the variables and loops around it."""
        kept = self._variables, self._loops, self._action_line
        self._variables, self._loops, self._action_line = ["$"], 0, 0
        body = parse()
        self._variables, self._loops, self._action_line = kept
        return body

    def _define(self) -> None:
        context = "define clause"
        name = self._expect_name(self._next_word(), context)
        self._expect(Kind.RIGHT, context)
        self._add(name, self._apart(lambda: self._closed_body(context)))

    def _closed_body(self, context: str) -> Body:
        body, end = self._body()
        if end.word != "end":
            raise self._error(f"unexpected {end} in {context}")
        return body

    def _body(self) -> tuple[Body, Mark]:
        body = Body(self._peek_word().start)
        while self._peek_word().kind is not Kind.END:
            node = self._text_or_action()
            if isinstance(node, Mark):
                return body, node
            body.nodes.append(node)
        raise self._error("unexpected EOF")

    def _text_or_action(self) -> Node:
        token = self._next_word()
        if token.kind is Kind.TEXT:
            return Text(token.start, token.text)
        if token.kind is not Kind.LEFT:
            raise self._unexpected(token, "input")
        self._action_line = token.line
        node = self._action()
        self._action_line = 0
        return node

    def _action(self) -> Node:
        token = self._next_word()
        word = token.text if token.kind is Kind.KEYWORD else ""
        if word in ("if", "range", "with"):
            return self._branch(word)
        if word in ("break", "continue"):
            return self._jump(token)
        if word == "else":
            return self._else()
        if word == "end":
            return Mark(self._expect(Kind.RIGHT, "end").start, "end")
        if word == "block":
            return self._block()
        if word == "template":
            return self._call()
        self._place -= 1
        start = self._peek().start
        return Action(start, self._pipe("command"))

    def _jump(self, token: Token) -> Jump:
        after = self._next_word()
        if after.kind is not Kind.RIGHT:
            raise self._unexpected(after, f"{{{{{token.text}}}}}")
        if not self._loops:
            raise self._error(f"{{{{{token.text}}}}} outside {{{{range}}}}")
        return Jump(token.start, token.text)

    def _else(self) -> Mark:
        token = self._peek_word()
        if not token.is_word("if"):
            token = self._expect(Kind.RIGHT, "else")
        return Mark(token.start, "else")

    def _branch(self, word: str) -> Branch:
        known = len(self._variables)
        pipe = self._pipe(word)
        self._loops += word == "range"
        body, end = self._body()
        self._loops -= word == "range"
        otherwise = self._otherwise(word, end) if end.word == "else" else None
        del self._variables[known:]
        return Branch(pipe.start, word, pipe, body, otherwise)

    def _otherwise(self, word: str, end: Mark) -> Body:
        if word == "if" and self._peek().is_word("if"):
            self._next()
            return Body(end.start, [self._branch("if")])
        body, last = self._body()
        if last.word != "end":
            raise self._error(f"expected end; found {last}")
        return body

    def _block(self) -> Call:
        context = "block clause"
        token = self._next_word()
        name = self._expect_name(token, context)
        pipe = self._pipe(context)
        self._add(name, self._apart(lambda: self._closed_body(context)))
        return Call(token.start, name, pipe)

    def _call(self) -> Call:
        context = "template clause"
        token = self._next_word()
        name = self._expect_name(token, context)
        if self._next_word().kind is Kind.RIGHT:
            return Call(token.start, name, None)
        self._place -= 1
        return Call(token.start, name, self._pipe(context))

    def _pipe(self, context: str, end: Kind = Kind.RIGHT) -> Pipe:
        pipe = Pipe(self._peek_word().start)
        while self._declaration(pipe, context):
            pass
        while True:
            token = self._next_word()
            if token.kind is end:
                self._check(pipe, context)
                return pipe
            if token.kind not in _OPERANDS and not token.is_word(".") and not token.is_word("nil"):
                raise self._unexpected(token, context)
            self._place -= 1
            pipe.commands.append(self._command())

    def _declaration(self, pipe: Pipe, context: str) -> bool:
        """Consume `$x :=`, `$x =` or `$x,`; return whether another declaration may follow."""
        before = self._place
        variable = self._peek_word()
        if variable.kind is not Kind.VARIABLE:
            return False
        self._next()
        after = self._peek_word()
        is_comma = after.kind is Kind.CHAR and after.text == ","
        if after.kind not in (Kind.ASSIGN, Kind.DECLARE) and not is_comma:
            self._place = before
            return False
        self._next_word()
        pipe.is_assignment = after.kind is Kind.ASSIGN
        pipe.declared.append(Variable(variable.start, variable.text.split(".")))
        self._variables.append(variable.text)
        if not is_comma:
            return False
        if context != "range" or len(pipe.declared) > 1:
            raise self._error(f"too many declarations in {context}")
        if self._peek_word().kind not in (Kind.VARIABLE, Kind.RIGHT, Kind.CLOSE):
            raise self._error("range can only initialize variables")
        return True

    def _check(self, pipe: Pipe, context: str) -> None:
        if not pipe.commands:
            raise self._error(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.arguments[0], _LITERALS):
                raise self._error(f"non executable command in pipeline stage {stage}")

    def _command(self) -> Command:
        command = Command(self._peek_word().start)
        while True:
            self._peek_word()
            operand = self._operand()
            if operand is not None:
                command.arguments.append(operand)
            token = self._next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in (Kind.RIGHT, Kind.CLOSE):
                self._place -= 1
            elif token.kind is not Kind.PIPE:
                raise self._unexpected(token, "operand")
            break
        if not command.arguments:
            raise self._error("empty command")
        return command

    def _operand(self) -> Node | None:
        node = self._term()
        if node is None or self._peek().kind is not Kind.FIELD:
            return node
        start, names = self._peek().start, []
        while self._peek().kind is Kind.FIELD:
            names.append(self._next().text[1:])
        if isinstance(node, Field):
            return Field(start, [*node.names, *names])
        if isinstance(node, Variable):
            return Variable(start, [*node.names, *names])
        if isinstance(node, _LITERALS):
            raise self._error(f"unexpected . after term {quote(str(node))}")
        return Chain(start, node, names)

    def _term(self) -> Node | None:
        token = self._next_word()
        if token.is_word("."):
            return Dot(token.start)
        if token.is_word("nil"):
            return Nil(token.start)
        parse = _TERMS.get(token.kind)
        if parse is None:
            self._place -= 1
            return None
        return parse(self, token)

    def _identifier(self, token: Token) -> Node:
        if token.text not in self._functions:
            raise self._error(f"function {quote(token.text)} not defined")
        return Identifier(token.start, token.text)

    def _variable(self, token: Token) -> Node:
        names = token.text.split(".")
        if names[0] not in self._variables:
            raise self._error(f"undefined variable {quote(names[0])}")
        return Variable(token.start, names)

    def _number(self, token: Token) -> Node:
        try:
            return read_number(token.text, token.start)
        except ValueError as error:
            raise self._error(str(error)) from error

    def _string(self, token: Token) -> Node:
        return String(token.start, token.text, self._unquoted(token))


_TERMS: dict[Kind, Callable[[Parser, Token], Node]] = {
    Kind.IDENTIFIER: Parser._identifier,
    Kind.VARIABLE: Parser._variable,
    Kind.FIELD: lambda _, token: Field(token.start, [token.text[1:]]),
    Kind.BOOL: lambda _, token: Bool(token.start, token.text == "true"),
    Kind.NUMBER: Parser._number,
    Kind.CHARACTER: Parser._number,
    Kind.COMPLEX: Parser._number,
    Kind.OPEN: lambda parser, _: parser._pipe("parenthesized pipeline", Kind.CLOSE),
    Kind.STRING: Parser._string,
    Kind.RAW: Parser._string,
}
