"""Tables of pandas between student and test: they come back equal, hostile ones are refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import pandas as hpd

from course_grader.runner import frames
from course_grader.runner.codec import Handle, WireError, decode, encode
from course_grader.runner.wire import pack, unpack_frame

DAYS = pd.date_range("2024-01-01", periods=4, freq="D")
MIXED = pd.DataFrame(
    {
        "number": [1, 2, 3, 4],
        "missing": [1.5, None, 2.5, 0.0],
        "text": ["a", None, "c", "ä"],
        "category": pd.Categorical(["u", "v", None, "u"], ["v", "u"], ordered=True),
        "day": DAYS,
        "zone": DAYS.tz_localize("Europe/Berlin"),
        "offset": pd.to_datetime(["2024-01-01T00:00+02:00"] * 4),
        "span": DAYS - DAYS[0],
        "month": DAYS.to_period("M"),
        "bin": pd.cut(pd.Series([1, 2, 3, 4]), [0, 2, 4]),
        "whole": pd.array([1, None, 3, 4], dtype="Int64"),
        "part": pd.array([0.5, None, 3, 4], dtype="Float64"),
        "truth": pd.array([True, None, False, True], dtype="boolean"),
        "string": pd.array(["a", None, "c", "d"], dtype="string"),
        "any": pd.Series([1, "a", None, (1, 2)], dtype=object),
    }
)
TABLES = {
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": [], "b": []}),
    "mixed": MIXED,
    "labels": MIXED.set_index("text"),
    "same labels": pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"]),
    "numbers as labels": pd.DataFrame(np.arange(4.0).reshape(2, 2), index=[3, 5]),
    "groups": MIXED.groupby(["number", "day"])[["missing"]].agg(["mean", "sum"]),
    "days": MIXED.set_index("day")[["missing"]].resample("2D").mean(),
    "counts": pd.crosstab(MIXED["number"], MIXED["text"]),
}
OTHERS = [
    MIXED["number"], MIXED["category"], pd.Series(dtype=float), MIXED["text"].value_counts(),
    pd.Series({"a": 1.0}, name=("x", 2)), pd.Series([1, 2, 2]).value_counts(bins=2),
    pd.RangeIndex(3, name="n"), DAYS, DAYS.to_period("M"), pd.interval_range(0, 3),
    pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["n", None]), pd.CategoricalIndex(["a"]),
    pd.TimedeltaIndex(["1D"]), pd.Index(["a", "b"]),
]  # fmt: skip
SCALARS = [
    pd.Timestamp("2024-01-01 03:04:05.123456789"), pd.Timestamp("2024", tz="Europe/Berlin"),
    pd.Timedelta("1D 3ns"), pd.Period("2024-01", "M"), pd.Interval(0, 1, closed="left"),
]  # fmt: skip


def back(value):
    return unpack_frame(b"".join(pack(value)))


@pytest.mark.parametrize("name", TABLES)
def test_tables_come_back_equal(name):
    pd.testing.assert_frame_equal(back(TABLES[name]), TABLES[name])


@pytest.mark.parametrize("value", OTHERS, ids=lambda value: type(value).__name__)
def test_columns_and_labels_come_back_equal(value):
    is_series = isinstance(value, pd.Series)
    same = pd.testing.assert_series_equal if is_series else pd.testing.assert_index_equal
    same(back(value), value)
    assert getattr(back(value), "freq", None) == getattr(value, "freq", None)


@pytest.mark.parametrize("value", SCALARS, ids=lambda value: type(value).__name__)
def test_times_and_intervals_come_back_equal(value):
    assert back(value) == value
    assert type(back(value)) is type(value)


def test_what_is_missing_comes_back_as_itself():
    assert back(pd.NaT) is pd.NaT
    assert back(pd.NA) is pd.NA


COLUMNS = [
    hpd.column("a", dtype=np.int64),
    hpd.column("b", dtype=float),
    hpd.column("c", elements=st.text(st.characters(exclude_categories=["Cs"]), max_size=4)),
    hpd.column("d", dtype=bool),
]


@settings(max_examples=50, deadline=None)
@given(hpd.data_frames(COLUMNS, index=hpd.range_indexes(max_size=5)))
def test_any_table_comes_back_equal(table):
    pd.testing.assert_frame_equal(back(table), table)


def test_a_table_with_objects_in_it_stays_with_its_owner():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [object(), 1]})
    tree, buffers = encode([table, np.ones(2)], keep=lambda value: Handle(7))
    assert tree[1] == ["handle", 7, None]
    assert len(buffers) == 1  # of the array alone
    with pytest.raises(WireError, match="cannot be sent"):
        encode(table)


HOSTILE = {
    "object in a cell": ["Series", None, ["RangeIndex", None, 0, 1, 1],
                         ["column", ["objects", [1], ["handle", 0, None]]]],
    "object as label": ["Index", None, None, ["column", ["objects", [1], ["handle", 0, None]]]],
    "lengths": ["DataFrame", ["RangeIndex", None, 0, 2, 1], ["RangeIndex", None, 0, 1, 1],
                ["texts", "str", ["list", "a"]]],
    "rows": ["DataFrame", ["RangeIndex", None, 0, 1, 1], ["RangeIndex", None, 0, 10**12, 1],
             ["texts", "str", ["list", "a"]]],
    "codes": ["Categorical", ["list", 5], ["Index", None, None, ["texts", "str", ["list", "a"]]],
              False],
    "categories": ["Categorical", ["list", 0], ["list", "a"], False],
    "texts": ["texts", "str", ["list", 3]],
    "type": ["texts", "category", ["list", "a"]],
    "zone": ["Timestamp", ["number", 0, "<M8[ns]", []], "../../etc/passwd"],
    "steps": ["Index", None, "D", ["texts", "str", ["list", "a"]]],
    "period": ["Period", "1", "M"],
    "period steps": ["PeriodArray", ["list", 1], "M"],
    "mask": ["IntegerArray", ["list", 1], ["list", True]],
    "interval": ["Interval", ["list"], 1, "left"],
    "levels": ["MultiIndex", ["list"], 3],
    "none": ["DataFrame"],
    "more": ["NaT", 1],
    "shape": ["objects", [-1], 1],
    "cells": ["objects", [10**9, 10**9], 1],
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_table_is_refused(name):
    with pytest.raises(WireError):
        decode(HOSTILE[name], [bytearray(8)], find=lambda handle: handle)


def test_a_time_without_a_zone_that_is_a_name_is_read():
    assert decode(["Timestamp", ["number", 0, "<M8[ns]", []], None], [bytearray(8)]).year == 1970


def test_numbers_of_tables_arrive_wide():
    tree, buffers = encode(pd.DataFrame({"a": np.array([0], np.uint8)}))
    taken = [bytearray(one) for one in buffers]
    table = decode(tree, taken, arriving=lambda array: array.astype(np.int64))
    assert (1 - (table["a"] - 1).abs()).tolist() == [0]


def test_without_pandas_nothing_is_a_table(monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "pandas")
    assert frames.taken_apart(MIXED) is None
