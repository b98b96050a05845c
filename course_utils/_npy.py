"""Reads `.npy` tables with care: nothing is unpickled, every fault has a message."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

VARIABLE = "GENLHC_DATA"
GET_AGAIN = "copy the file again from the course material"


class DataError(ValueError):
    """An event file is missing, damaged, or not what its name promises."""


def read_npy(path: str | Path, *, n_columns: tuple[int, ...] = ()) -> NDArray[Any]:
    """A table of finite floating-point numbers from a `.npy` file; never unpickles.

    Args:
        path: the file.
        n_columns: numbers of columns that are right; any if empty.

    Returns:
        float32 or float64 of shape `(n, n_columns)` as stored.

    Raises:
        DataError: if the file is missing, no `.npy` file, cut short, of another shape or type, or
            holds NaN or infinite numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"{path} does not exist: {GET_AGAIN}, or set the environment variable {VARIABLE} to "
            "the folder that holds it"
        )
    with path.open("rb") as file:
        shape, dtype = _header(file, path)
        expected = " or ".join(f"(n, {n})" for n in n_columns) or "(n, number of columns)"
        if dtype.hasobject or dtype.kind != "f" or dtype.itemsize not in (4, 8):
            raise DataError(
                f"{path} holds {dtype} values, expected float32 or float64: save it as "
                "`np.save(path, events.astype(np.float32))`"
            )
        if len(shape) != 2 or (n_columns and shape[1] not in n_columns) or shape[0] == 0:
            raise DataError(
                f"{path} has shape {shape}, expected {expected} with n > 0: is this the file that "
                "its name promises?"
            )
        promised = file.tell() + prod(shape) * dtype.itemsize
        if path.stat().st_size < promised:
            raise DataError(
                f"{path} is cut short: got {path.stat().st_size:,} bytes, expected {promised:,}: "
                f"{GET_AGAIN}"
            )
        file.seek(0)
        events: NDArray[Any] = np.load(file, allow_pickle=False)
    bad = ~np.isfinite(events).all(axis=1)
    if bad.any():
        raise DataError(
            f"{path} has NaN or infinite numbers in {bad.sum()} of {len(events)} rows, the first "
            f"is row {int(bad.argmax())}; expected none: {GET_AGAIN}, or make it anew"
        )
    return events


def _header(file: Any, path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
    except (ValueError, EOFError, TypeError, SyntaxError) as error:
        raise DataError(
            f"{path} is not a readable .npy file ({str(error).splitlines()[0]}): {GET_AGAIN}"
        ) from None
    return shape, dtype
