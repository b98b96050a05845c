"""Values of the standard library as lists of simpler ones, and back.

What is put together here may come from anywhere: nothing is larger than it says, and whatever does
not fit raises one of `ERRORS`. Sizes that could keep a test busy for long are refused.
"""

import datetime
import keyword
import numbers
from collections import deque, namedtuple
from collections.abc import Callable, ItemsView, KeysView, ValuesView
from decimal import Decimal, DecimalException
from fractions import Fraction
from functools import lru_cache
from typing import Any

ERRORS = (
    TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError, ZeroDivisionError,
    DecimalException,
)  # fmt: skip
_MAX_BITS = 10_000  # of a numerator or denominator: common factors are looked for
_MAX_EXPONENT = 10_000  # of a Decimal: it may be written out as a whole number
_MAX_FIELDS = 1000
_VIEWS = {
    type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items",
}  # fmt: skip
_OF_RESULTS = ("scipy", "sklearn")  # whose dicts have attributes
_TIMES = (datetime.datetime, datetime.date, datetime.time)  # a datetime is a date as well


class Result(dict[str, Any]):
    """Results of scipy and sklearn: their entries are attributes, too.

    Example:
        >>> Result(success=True).success
        True
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def taken_apart(value: Any) -> tuple[str, list[Any]] | None:
    """The kind of a value and its parts, or `None` if it is of another kind.

    Example:
        >>> taken_apart(range(3)), taken_apart(Fraction(1, 3)), taken_apart(object())
        (('range', [0, 3, 1]), ('Fraction', [1, 3]), None)
    """
    if isinstance(value, tuple):
        names = field_names(value)
        return (
            None if names is None else ("namedtuple", [type(value).__name__, list(names), *value])
        )
    if isinstance(value, dict):
        is_result = type(value).__module__.partition(".")[0] in _OF_RESULTS
        return ("result", [dict(value)]) if is_result or isinstance(value, Result) else None
    if isinstance(value, range):
        return "range", [value.start, value.stop, value.step]
    if isinstance(value, deque):
        return "deque", [value.maxlen, *value]
    if type(value) in _VIEWS:
        return _VIEWS[type(value)], list(value)
    if isinstance(value, datetime.timedelta):
        return "timedelta", [value.days, value.seconds, value.microseconds]
    if isinstance(value, _TIMES):
        return _time(value)
    return _number(value)


def field_names(value: tuple[Any, ...]) -> tuple[str, ...] | None:
    """The names of a named tuple's fields, or of a result like that of `torch.max`."""
    for names in (getattr(value, "_fields", None), getattr(value, "__match_args__", None)):
        if isinstance(names, tuple) and len(names) == len(value) and _are_names(names):
            return names
    return None


def put_together(kind: str, parts: list[Any]) -> Any:
    """The value that `taken_apart` has taken apart.

    Raises:
        ValueError: or another one of `ERRORS`, if there is no such value.

    Example:
        >>> put_together("namedtuple", ["Point", ["x", "y"], 1, 2])
        Point(x=1, y=2)
    """
    return _MAKERS[kind](*parts)


def _time(value: Any) -> tuple[str, list[Any]] | None:
    kind: Any = next(one for one in _TIMES if isinstance(value, one))
    try:
        is_time = bool(value == value)
        return (
            (kind.__name__, [kind.isoformat(value)]) if is_time else None
        )  # NaT of pandas is none
    except Exception:
        return None


def _number(value: Any) -> tuple[str, list[Any]] | None:
    """Fractions and decimals, and numbers of other packages that say what they are."""
    if isinstance(value, Decimal):
        return "Decimal", [str(value)]
    try:
        if isinstance(value, numbers.Integral):
            return "whole", [int(value)]
        if isinstance(value, numbers.Rational):
            return "Fraction", [int(value.numerator), int(value.denominator)]
    except Exception:  # it was none
        return None
    return None


def _fraction(above: Any, below: Any) -> Fraction:
    if not all(type(n) is int and n.bit_length() <= _MAX_BITS for n in (above, below)):
        raise ValueError("Fraction")
    return Fraction(above, below)


def _decimal(text: Any) -> Decimal:
    if not isinstance(text, str) or len(text) > _MAX_EXPONENT:
        raise ValueError("Decimal")
    number = Decimal(text)
    if number.is_finite() and abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError("Decimal")
    return number


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("whole")
    return value


def _named(name: Any, names: Any, *values: Any) -> Any:
    if not isinstance(names, list) or len(names) != len(values) or len(names) > _MAX_FIELDS:
        raise ValueError("namedtuple")
    if not _are_names((name, *names)):
        raise ValueError("namedtuple")
    return _kind_of_tuple(name, tuple(names))(*values)


@lru_cache(maxsize=100)
def _kind_of_tuple(name: str, names: tuple[str, ...]) -> Any:
    return namedtuple(name, names)


def _are_names(names: tuple[Any, ...]) -> bool:
    """Whether these are names that `namedtuple` takes."""
    return len(set(names)) == len(names) and all(
        isinstance(one, str)
        and one.isidentifier()
        and not keyword.iskeyword(one)
        and not one.startswith("_")
        for one in names
    )


def _result(content: Any) -> Result:
    if type(content) is not dict or not all(type(key) is str for key in content):
        raise ValueError("result")
    return Result(content)


def _keys(*values: Any) -> KeysView[Any]:
    return dict.fromkeys(values).keys()


def _values(*values: Any) -> ValuesView[Any]:
    return dict(enumerate(values)).values()


def _items(*pairs: Any) -> ItemsView[Any, Any]:
    return dict(pairs).items()


_MAKERS: dict[str, Callable[..., Any]] = {
    "range": range,
    "result": _result,
    "deque": lambda most, *values: deque(values, most),
    "keys": _keys,
    "values": _values,
    "items": _items,
    "timedelta": lambda *parts: datetime.timedelta(*map(_whole, parts)),
    **{kind.__name__: kind.fromisoformat for kind in _TIMES},
    "Fraction": _fraction,
    "Decimal": _decimal,
    "whole": _whole,
    "namedtuple": _named,
}
KINDS = frozenset(_MAKERS)
