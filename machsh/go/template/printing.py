"""Formats one value by one verb with its flags, as Go's fmt does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from machsh.go import strconv
from machsh.go.strconv import is_printable, quote
from machsh.go.template.values import (
    ANY,
    Boxed,
    Byte,
    Named,
    Pointer,
    Struct,
    element,
    element_type,
    kind,
    number,
    type_name,
    unboxed,
)

NIL = "<nil>"
_BASES = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "x": "0x", "X": "0X"}
_WORD = 1 << 64
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb with its flags, such as `%-8.3f`."""

    letter: str = "v"
    width: int | None = None
    precision: int | None = None
    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    shows_fields: bool = False
    """`%+v`."""
    shows_source: bool = False
    """`%#v`."""

    def padded(self, text: str, *, zero: bool | None = None) -> str:
        """Pad a text to the verb's width; `zero` overrides the verb's flag."""
        missing = (self.width or 0) - len(text)
        if missing <= 0:
            return text
        if self.minus:
            return text + " " * missing
        return ("0" if (self.zero if zero is None else zero) else " ") * missing + text


PLAIN = Verb()


def show(value: Any) -> str:
    """Format by `%v`; None is `<nil>`."""
    return render(value, PLAIN)


def render(value: Any, verb: Verb) -> str:
    """Format a function's argument by a verb; a wrong verb yields Go's `%!...` text."""
    value = unboxed(value)
    if value is None:
        return verb.padded(NIL) if verb.letter in "Tv" else _bad(None, verb)
    if verb.letter == "T":
        return verb.padded(type_name(value)[: verb.precision])
    if isinstance(value, Pointer) and value.target is not None and verb.letter != "p":
        return f"&{_value(value.target, verb)}"
    return _value(value, verb)


def _value(value: Any, verb: Verb) -> str:
    """Format a value at any depth of nesting."""
    if isinstance(value, Boxed):
        return _boxed(value, verb)
    if isinstance(value, Named) and not verb.shows_source and verb.letter in "vsxXq":
        return _text(value.text, verb, value)
    if isinstance(value, Struct):
        return _struct(value, verb)
    if isinstance(value, Pointer):
        return verb.padded(NIL) if value.target is None else f"&{_value(value.target, verb)}"
    if isinstance(value, list):
        return _slice(value, verb)
    if isinstance(value, dict):
        return _map(value, verb)
    shows: dict[str, Callable[[Any, Verb], str]] = {"bool": _bool, "float": _float, "string": _string}
    return shows.get(kind(value), _whole)(value, verb)


def _boxed(value: Boxed, verb: Verb) -> str:
    inner = unboxed(value)
    if inner is None:
        return f"{ANY}(nil)" if verb.shows_source else NIL
    return _value(inner, verb)


def _bad(value: Any, verb: Verb) -> str:
    if value is None:
        return f"%!{verb.letter}({NIL})"
    return f"%!{verb.letter}({type_name(value)}={_value(value, replace(verb, letter='v'))})"


def _bool(value: bool, verb: Verb) -> str:
    return verb.padded(str(value).lower()) if verb.letter in "tv" else _bad(value, verb)


def _string(value: str, verb: Verb) -> str:
    return _text(value, verb, value)


def _text(text: str, verb: Verb, value: Any) -> str:
    if verb.letter == "v" and verb.shows_source:
        return verb.padded(quote(text))
    if verb.letter not in "vsqxX":
        return _bad(value, verb)
    if verb.letter in "xX":
        return _hex(text, verb)
    shown = text if verb.precision is None else text[: verb.precision]
    if verb.letter == "q":
        can_stay = verb.sharp and "`" not in shown and all(is_printable(one) or one == "\t" for one in shown)
        shown = f"`{shown}`" if can_stay else quote(shown, only_ascii=verb.plus)
    return verb.padded(shown)


def _hex(text: str, verb: Verb) -> str:
    content = text.encode("utf-8", "surrogateescape")[: verb.precision]
    pairs = [f"{byte:02{verb.letter}}" for byte in content]
    prefix = f"0{verb.letter}" if verb.sharp and pairs else ""
    joiner = f" {prefix}" if verb.space else ""
    return verb.padded(prefix + joiner.join(pairs))


def _whole(value: Any, verb: Verb) -> str:
    whole = int(number(value))
    if verb.letter == "v" and verb.shows_source and isinstance(value, Byte):
        return verb.padded(f"{whole:#x}")
    if verb.letter in _BASES:
        return _digits(whole, verb)
    if verb.letter == "c":
        return verb.padded(_character(whole))
    if verb.letter == "q":
        return verb.padded(quote(_character(whole), "'", only_ascii=verb.plus))
    if verb.letter == "U":
        return _unicode(whole, verb)
    return _bad(value, verb)


def _character(whole: int) -> str:
    return chr(whole) if 0 <= whole <= _LAST_CHARACTER and not 0xD800 <= whole < 0xE000 else "\ufffd"


def _unicode(whole: int, verb: Verb) -> str:
    code = whole % _WORD
    shown = f"U+{code:0{max(4, verb.precision or 0)}X}"
    if verb.sharp and code <= _LAST_CHARACTER and is_printable(chr(code)):
        shown += f" '{chr(code)}'"
    return verb.padded(shown, zero=False)


def _digits(whole: int, verb: Verb) -> str:
    """Format an int in the verb's base; precision, zeros, prefix and sign follow Go's rules."""
    sign = "-" if whole < 0 else "+" if verb.plus else " " if verb.space else ""
    if verb.precision == 0 and whole == 0:
        return " " * (verb.width or 0)
    count = verb.precision or 0
    if verb.precision is None and verb.zero and verb.width:
        count = verb.width - bool(sign)
    digits = format(abs(whole), _BASES[verb.letter]).rjust(count, "0")
    prefix = _PREFIXES.get(verb.letter, "") if verb.sharp else ""
    if verb.sharp and verb.letter in "oO" and not digits.startswith("0"):
        prefix = "0"
    if verb.letter == "O":
        prefix = f"0o{prefix}"
    return verb.padded(f"{sign}{prefix}{digits}", zero=False)


def _float(value: float, verb: Verb) -> str:
    if verb.letter not in "vgGeEfF":
        return _bad(value, verb)
    layout = {"v": "g", "F": "f"}.get(verb.letter, verb.letter)
    precision = verb.precision
    if precision is None and layout in "eEf":
        precision = 6
    if precision is None:
        shown = strconv.shortest(value)
        shown = shown.upper() if layout == "G" else shown
    else:
        shown = strconv.with_precision(value, layout, precision)
    return _signed(shown, verb)


def _signed(shown: str, verb: Verb) -> str:
    """Add the sign to a formatted float, with zero padding between the two."""
    sign = shown[0] if shown[0] in "+-" else "+"
    bare = shown.lstrip("+-")
    is_finite = bare[0].isdigit()
    if sign == "+" and not verb.plus:
        sign = " " if verb.space else "+" if bare == "Inf" and verb.letter == "v" else ""
    if verb.zero and verb.width and is_finite and sign:
        return sign + bare.rjust(verb.width - 1, "0")
    return verb.padded(sign + bare, zero=verb.zero and is_finite)


def _slice(value: list[Any], verb: Verb) -> str:
    shown = [_value(element(value, place), verb) for place in range(len(value))]
    if verb.shows_source:
        return f"{type_name(value)}{{{', '.join(shown)}}}"
    return f"[{' '.join(shown)}]"


def _map(value: dict[str, Any], verb: Verb) -> str:
    shown = [f"{_value(key, verb)}:{_value(element(value, key), verb)}" for key in sorted(value)]
    if verb.shows_source:
        return f"map[string]{element_type(value)}{{{', '.join(shown)}}}"
    return f"map[{' '.join(shown)}]"


def _struct(value: Struct, verb: Verb) -> str:
    has_names = verb.shows_fields or verb.shows_source
    shown = [
        f"{name}:{_value(one, verb)}" if has_names else _value(one, verb)
        for name, one in value.fields.items()
    ]
    if verb.shows_source:
        return f"{value.type_name}{{{', '.join(shown)}}}"
    return f"{{{' '.join(shown)}}}"
