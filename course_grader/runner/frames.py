"""Tables of pandas as simpler values, and back: a column is its values and their type.

What is put together here may come from anywhere: whatever does not fit raises a `ValueError`. Cells
are data; a table with anything else in it does not travel. pandas is imported only where it is
loaded, or a table arrives.
"""

import datetime
import sys
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np


def taken_apart(value: Any) -> tuple[str, list[Any]] | None:
    """The kind of a value of pandas' and its parts, or `None` if it is of another kind.

    Example:
        >>> import pandas as pd
        >>> taken_apart(pd.RangeIndex(3, name="n"))
        ('RangeIndex', ['n', 0, 3, 1])
        >>> taken_apart(3) is None
        True
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "NaT"):
        return None
    if isinstance(value, pandas.DataFrame):
        columns = (value.iloc[:, place].array for place in range(value.shape[1]))
        return "DataFrame", [value.columns, value.index, *columns]
    if isinstance(value, pandas.Series):
        return "Series", [value.name, value.index, value.array]
    if isinstance(value, pandas.Index):
        return _index(value, pandas)
    if isinstance(value, pandas.api.extensions.ExtensionArray):
        return _column(value, pandas)
    return _scalar(value, pandas)


def put_together(kind: str, parts: list[Any]) -> Any:
    """The value that `taken_apart` has taken apart.

    Raises:
        ValueError: there is no such value.

    Example:
        >>> put_together("Series", ["x", np.arange(2), np.ones(2)]).tolist()
        [1.0, 1.0]
    """
    import pandas  # only where its tables travel

    try:
        return _MAKERS[kind](pandas, *parts)
    except MemoryError:
        raise
    except Exception as error:  # of all kinds of pandas'
        raise ValueError(kind) from error


def _index(value: Any, pandas: Any) -> tuple[str, list[Any]]:
    if isinstance(value, pandas.RangeIndex):
        return "RangeIndex", [value.name, value.start, value.stop, value.step]
    if isinstance(value, pandas.MultiIndex):
        levels = (value.get_level_values(place).array for place in range(value.nlevels))
        return "MultiIndex", [list(value.names), *levels]
    steps = getattr(value, "freqstr", None) if not isinstance(value, pandas.PeriodIndex) else None
    return "Index", [value.name, steps, value.array]


def _column(value: Any, pandas: Any) -> tuple[str, list[Any]] | None:
    """A column by the kind of its values."""
    arrays, kind = pandas.arrays, type(value).__name__
    missing = value.isna()
    if isinstance(value.dtype, pandas.StringDtype):
        texts = [None if gone else str(one) for one, gone in zip(value, missing, strict=True)]
        return "texts", [value.dtype.name, texts]
    if isinstance(value, arrays.NumpyExtensionArray):
        return "column", [value.to_numpy()]
    if isinstance(value, pandas.Categorical):
        return kind, [value.codes, value.categories, bool(value.ordered)]
    if isinstance(value, arrays.DatetimeArray):
        return kind, [value.tz_convert(None).to_numpy() if value.tz else value.to_numpy(),
                      _zone(value.tz)]  # fmt: skip
    if isinstance(value, arrays.TimedeltaArray):
        return kind, [value.to_numpy()]
    if isinstance(value, arrays.PeriodArray):
        return kind, [value.asi8, value.freqstr]
    if isinstance(value, arrays.IntervalArray):
        return kind, [value.left, value.right, value.closed]
    if isinstance(value, arrays.IntegerArray | arrays.FloatingArray | arrays.BooleanArray):
        return kind, [value.to_numpy(value.dtype.numpy_dtype, na_value=0), missing]
    return None


def _scalar(value: Any, pandas: Any) -> tuple[str, list[Any]] | None:
    if value is pandas.NaT or value is pandas.NA:
        return "missing", [value is pandas.NaT]
    if isinstance(value, pandas.Timestamp):
        return "Timestamp", [value.to_datetime64(), _zone(value.tz)]
    if isinstance(value, pandas.Timedelta):
        return "Timedelta", [value.to_timedelta64()]
    if isinstance(value, pandas.Period):
        return "Period", [value.ordinal, value.freqstr]
    if isinstance(value, pandas.Interval):
        return "Interval", [value.left, value.right, value.closed]
    return None


def _zone(zone: Any) -> Any:
    """A time zone: its name, or how far it is from UTC."""
    if zone is None:
        return None
    fixed = zone.utcoffset(None)
    return str(zone) if fixed is None else fixed


def _zone_named(zone: Any) -> Any:
    if isinstance(zone, datetime.timedelta):
        return datetime.timezone(zone) if zone else datetime.UTC
    return ZoneInfo(zone) if isinstance(zone, str) else None


def _is(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(kind)
    return value


def _frame(pandas: Any, columns: Any, index: Any, *values: Any) -> Any:
    content = dict(enumerate(values))
    if len(columns) != len(values) or any(len(one) != len(index) for one in values):
        raise ValueError("lengths")
    frame = pandas.DataFrame({n: _series(pandas, None, index, one) for n, one in content.items()},
                             index=index)  # fmt: skip
    frame.columns = _is(pandas.Index, columns)
    return frame


def _series(pandas: Any, name: Any, index: Any, values: Any) -> Any:
    """Its type is that of the values, which pandas shall not guess."""
    return pandas.Series(values, index=index, name=name, dtype=values.dtype)


def _plain_index(pandas: Any, name: Any, steps: Any, values: Any) -> Any:
    index = pandas.Index(values, name=name, dtype=values.dtype)
    if steps is not None:
        _is((pandas.DatetimeIndex, pandas.TimedeltaIndex), index).freq = _is(str, steps)
    return index


def _times(pandas: Any, values: Any, zone: Any) -> Any:
    index = pandas.DatetimeIndex(_is(np.ndarray, values))
    if zone is not None:
        index = index.tz_localize("UTC").tz_convert(_zone_named(zone))
    return index.array


def _timestamp(pandas: Any, value: Any, zone: Any) -> Any:
    time = pandas.Timestamp(_is(np.datetime64, value))
    return time if zone is None else time.tz_localize("UTC").tz_convert(_zone_named(zone))


def _texts(pandas: Any, dtype: Any, values: Any) -> Any:
    if dtype not in ("str", "string") or not all(one is None or type(one) is str for one in values):
        raise ValueError("texts")
    return pandas.array(values, dtype=dtype)


_MAKERS: dict[str, Callable[..., Any]] = {
    "DataFrame": _frame,
    "Series": _series,
    "RangeIndex": lambda pandas, name, *steps: pandas.RangeIndex(*steps, name=name),
    "MultiIndex": lambda pandas, names, *levels: pandas.MultiIndex.from_arrays(levels, names=names),
    "Index": _plain_index,
    "column": lambda _, values: _is(np.ndarray, values),
    "Categorical": lambda pandas, codes, categories, ordered: pandas.Categorical.from_codes(
        codes, _is(pandas.Index, categories), ordered=_is(bool, ordered)
    ),
    "DatetimeArray": _times,
    "TimedeltaArray": lambda pandas, values: pandas.TimedeltaIndex(_is(np.ndarray, values)).array,
    "PeriodArray": lambda pandas, ordinals, steps: (
        pandas.PeriodIndex.from_ordinals(_is(np.ndarray, ordinals), freq=_is(str, steps)).array
    ),
    "IntervalArray": lambda pandas, left, right, closed: pandas.arrays.IntervalArray.from_arrays(
        left, right, closed
    ),
    "texts": _texts,
    "IntegerArray": lambda pandas, *parts: pandas.arrays.IntegerArray(*parts),
    "FloatingArray": lambda pandas, *parts: pandas.arrays.FloatingArray(*parts),
    "BooleanArray": lambda pandas, *parts: pandas.arrays.BooleanArray(*parts),
    "missing": lambda pandas, is_time: pandas.NaT if is_time else pandas.NA,
    "Timestamp": _timestamp,
    "Timedelta": lambda pandas, value: pandas.Timedelta(_is(np.timedelta64, value)),
    "Period": lambda pandas, ordinal, steps: pandas.Period(
        ordinal=_is(int, ordinal), freq=_is(str, steps)
    ),
    "Interval": lambda pandas, *parts: pandas.Interval(*parts),
}
KINDS = frozenset(_MAKERS)
