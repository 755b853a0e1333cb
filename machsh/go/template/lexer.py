"""Splits a template's text into tokens, with Go's errors."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum, auto

from machsh.go.strconv import quote, unicode_name

LEFT, RIGHT = "{{", "}}"
SPACES = " \t\r\n"
_END_OF_WORD = frozenset(SPACES + ".,|:)(")
KEYWORDS = frozenset(
    (".", "block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with")
)
SHOWN = 10


class Kind(Enum):
    """The kinds of tokens."""

    ERROR = auto()
    BOOL = auto()
    CHAR = auto()
    CHARACTER = auto()
    """A character constant, `'a'`."""
    COMPLEX = auto()
    ASSIGN = auto()
    DECLARE = auto()
    END = auto()
    """The end of the text."""
    FIELD = auto()
    IDENTIFIER = auto()
    LEFT = auto()
    OPEN = auto()
    NUMBER = auto()
    PIPE = auto()
    RAW = auto()
    RIGHT = auto()
    CLOSE = auto()
    SPACE = auto()
    STRING = auto()
    TEXT = auto()
    VARIABLE = auto()
    KEYWORD = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token; as a string, the form in which Go's errors show it."""

    kind: Kind
    text: str
    start: int
    """Its offset in the text, in characters."""
    line: int

    def is_word(self, word: str) -> bool:
        """Whether it is this keyword."""
        return self.kind is Kind.KEYWORD and self.text == word

    def __str__(self) -> str:
        if self.kind is Kind.END:
            return "EOF"
        if self.kind is Kind.ERROR:
            return self.text
        if self.kind is Kind.KEYWORD:
            return f"<{self.text}>"
        if len(self.text.encode()) > SHOWN:
            return f"{quote(self.text[:SHOWN])}..."
        return quote(self.text)


class LexicalError(Exception):
    """Text that is no token; it becomes the last token, of kind ERROR."""


class Lexer:
    """Splits one template into tokens; an error becomes the last token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._start = 0
        self._depth = 0
        self._tokens: list[Token] = []
        self._newlines = [place for place, character in enumerate(text) if character == "\n"]

    def tokens(self) -> list[Token]:
        """Return all tokens; the last one is END or ERROR."""
        try:
            while self._to_action():
                self._action()
        except LexicalError as error:
            self._tokens.append(Token(Kind.ERROR, str(error), self._start, self._line(self._start)))
        return self._tokens

    def _line(self, place: int) -> int:
        return 1 + bisect_left(self._newlines, place)

    def _emit(self, kind: Kind) -> None:
        text = self._text[self._start : self._position]
        self._tokens.append(Token(kind, text, self._start, self._line(self._start)))
        self._start = self._position

    def _skip(self, count: int) -> None:
        self._position += count
        self._start = self._position

    def _peek(self) -> str:
        """Return the next character; empty at the end."""
        return self._text[self._position : self._position + 1]

    def _next(self) -> str:
        character = self._peek()
        self._position += len(character)
        return character

    def _at(self, text: str) -> bool:
        return self._text.startswith(text, self._position)

    def _to_action(self) -> bool:
        """Emit the text before the next action; return False at the end."""
        left = self._text.find(LEFT, self._position)
        if left < 0:
            self._position = len(self._text)
            if self._start < self._position:
                self._emit(Kind.TEXT)
            self._emit(Kind.END)
            return False
        after = self._text[left + 2 : left + 4]
        is_trimmed = after[:1] == "-" and after[1:] != "" and after[1:] in SPACES
        shown = self._text[self._start : left]
        self._position = self._start + len(shown.rstrip(SPACES) if is_trimmed else shown)
        if self._start < self._position:
            self._emit(Kind.TEXT)
        self._position = self._start = left
        return True

    def _action(self) -> None:
        self._position += len(LEFT)
        after = self._text[self._position : self._position + 2]
        marker = 2 if len(after) == 2 and after[0] == "-" and after[1] in SPACES else 0
        if self._text.startswith("/*", self._position + marker):
            self._skip(marker)
            self._comment()
            return
        self._emit(Kind.LEFT)
        self._skip(marker)
        self._depth = 0
        while not self._right():
            self._inside()

    def _comment(self) -> None:
        end = self._text.find("*/", self._position + 2)
        if end < 0:
            raise LexicalError("unclosed comment")
        self._position = end + 2
        trim = self._trim_before_right()
        if not trim and not self._at(RIGHT):
            raise LexicalError("comment ends before closing delimiter")
        self._skip(trim + len(RIGHT))
        if trim:
            self._skip_spaces()

    def _trim_before_right(self) -> int:
        """Return 2, the length of a trim marker, if one comes next with the right delimiter; else 0."""
        after = self._text[self._position : self._position + 4]
        return 2 if after[:1] in SPACES and after[:1] and after[1:] == f"-{RIGHT}" else 0

    def _skip_spaces(self) -> None:
        rest = self._text[self._position :]
        self._skip(len(rest) - len(rest.lstrip(SPACES)))

    def _right(self) -> bool:
        """Consume the right delimiter if it comes next; return whether it did."""
        trim = self._trim_before_right()
        if not trim and not self._at(RIGHT):
            return False
        if self._depth:
            raise LexicalError("unclosed left paren")
        self._skip(trim)
        self._position += len(RIGHT)
        self._emit(Kind.RIGHT)
        if trim:
            self._skip_spaces()
        return True

    def _inside(self) -> None:
        """Scan one token within an action."""
        character = self._next()
        if not character:
            raise LexicalError("unclosed action")
        if character in SPACES:
            self._spaces()
        elif character in _QUOTES:
            self._quoted(character)
        elif character == "$":
            self._word(Kind.VARIABLE)
        elif character == "." and self._peek() and not "0" <= self._peek() <= "9":
            self._word(Kind.FIELD)
        elif character in "+-." or "0" <= character <= "9":
            self._position -= 1
            self._number()
        elif is_word_character(character):
            self._identifier()
        else:
            self._symbol(character)

    def _symbol(self, character: str) -> None:
        if character in _SYMBOLS:
            self._depth += {"(": 1, ")": -1}.get(character, 0)
            self._emit(_SYMBOLS[character])
            if self._depth < 0:
                raise LexicalError(f"unexpected right paren {unicode_name(character)}")
        elif character == ":":
            if self._next() != "=":
                raise LexicalError("expected :=")
            self._emit(Kind.DECLARE)
        elif " " <= character <= "~":
            self._emit(Kind.CHAR)
        else:
            raise LexicalError(f"unrecognized character in action: {unicode_name(character)}")

    def _spaces(self) -> None:
        while self._peek() and self._peek() in SPACES:
            self._next()
        if self._at(f"-{RIGHT}"):
            self._position -= 1  # the last one belongs to the trim marker
            if self._position == self._start:
                return
        self._emit(Kind.SPACE)

    def _run(self) -> None:
        while self._peek() and is_word_character(self._peek()):
            self._next()

    def _is_word_over(self) -> bool:
        return not self._peek() or self._peek() in _END_OF_WORD or self._at(RIGHT)

    def _word(self, kind: Kind) -> None:
        """Scan a variable or a field; a lone `$` is a variable, a lone `.` a keyword."""
        if self._is_word_over():
            self._emit(Kind.VARIABLE if kind is Kind.VARIABLE else Kind.KEYWORD)
            return
        self._run()
        self._check_end()
        self._emit(kind)

    def _check_end(self) -> None:
        if not self._is_word_over():
            raise LexicalError(f"bad character {unicode_name(self._peek())}")

    def _identifier(self) -> None:
        self._run()
        self._check_end()
        word = self._text[self._start : self._position]
        if word in KEYWORDS:
            self._emit(Kind.KEYWORD)
        else:
            self._emit(Kind.BOOL if word in ("true", "false") else Kind.IDENTIFIER)

    def _quoted(self, mark: str) -> None:
        kind, what = _QUOTES[mark]
        while True:
            character = self._next()
            if character == "\\" and mark != "`":
                character = self._next()
                if character not in ("", "\n"):
                    continue
            if not character or (character == "\n" and mark != "`"):
                raise LexicalError(f"unterminated {what}")
            if character == mark:
                break
        self._emit(kind)

    def _number(self) -> None:
        is_good = self._scan_number()
        kind = Kind.NUMBER
        if is_good and self._peek() and self._peek() in "+-":
            is_good = self._scan_number() and self._text[self._position - 1] == "i"
            kind = Kind.COMPLEX
        if not is_good:
            raise LexicalError(f"bad number syntax: {quote(self._text[self._start : self._position])}")
        self._emit(kind)

    def _scan_number(self) -> bool:
        """Consume a number; return False if a letter follows it."""
        self._accept("+-")
        digits = "0123456789_"
        if self._accept("0"):
            for marks, others in (("xX", "0123456789abcdefABCDEF_"), ("oO", "01234567_"), ("bB", "01_")):
                if self._accept(marks):
                    digits = others
                    break
        self._accept_run(digits)
        if self._accept("."):
            self._accept_run(digits)
        exponent = {11: "eE", 23: "pP"}.get(len(digits))
        if exponent and self._accept(exponent):
            self._accept("+-")
            self._accept_run("0123456789_")
        self._accept("i")
        if self._peek() and is_word_character(self._peek()):
            self._next()
            return False
        return True

    def _accept(self, valid: str) -> bool:
        if self._peek() and self._peek() in valid:
            self._next()
            return True
        return False

    def _accept_run(self, valid: str) -> None:
        while self._accept(valid):
            pass


_QUOTES = {
    '"': (Kind.STRING, "quoted string"),
    "`": (Kind.RAW, "raw quoted string"),
    "'": (Kind.CHARACTER, "character constant"),
}
_SYMBOLS = {"=": Kind.ASSIGN, "|": Kind.PIPE, "(": Kind.OPEN, ")": Kind.CLOSE}


def is_word_character(character: str) -> bool:
    """Whether a name may contain the character."""
    return character == "_" or character.isalpha() or character.isdecimal()
