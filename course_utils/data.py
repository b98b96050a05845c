"""Loads the events of the course, and says what to do if a file is missing or damaged.

tt̄j files: seven jet four-momenta (E, px, py, pz) in GeV a row, `(n, 28)`, order b1, q1, q̄'1, b̄2,
q̄2, q'2, j. Drell-Yan files: float32 `(n, 4)` = (pt, eta1, eta2, phi1), which is all there is to
know of a muon pair without transverse momentum. The layouts of the original course are read too:
`ttbarj_LO.npy`, `ttbarj_NLO.npy` `(n, 28)` and `dy_{trn,val,tst}_data.npy` `(n, 8)`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_utils._npy import GET_AGAIN, VARIABLE, DataError, read_npy
from course_utils.kinematics import as_float64, p4_from_ptetaphim

__all__ = [
    "ETA_CUT",
    "MUON_MASS",
    "PT_CUT",
    "DataError",
    "data_dir",
    "drell_yan_p4",
    "load_drell_yan",
    "load_ttbarj",
    "read_drell_yan",
    "read_npy",
    "read_ttbarj",
]

MUON_MASS = 0.105
"""Muon mass in GeV, as on the sheet."""
PT_CUT = 10.0
"""Both muons have a transverse momentum above this, in GeV."""
ETA_CUT = 2.5
"""Both muons have a pseudorapidity below this, in absolute value."""

TTBARJ_FILES = {
    "lo": ("ttbarj_lo.npy", "ttbarj_LO.npy"),
    "nlo": ("ttbarj_nlo.npy", "ttbarj_NLO.npy"),
}
DRELL_YAN_FILES = {
    "train": ("drell_yan_train.npy", "dy_trn_data.npy"),
    "validation": ("drell_yan_validation.npy", "dy_val_data.npy"),
    "test": ("drell_yan_test.npy", "dy_tst_data.npy"),
}
_KNOWN_FILES = {
    name for files in (TTBARJ_FILES, DRELL_YAN_FILES) for f in files.values() for name in f
}


def data_dir() -> Path:
    """The folder of the event files.

    The environment variable `GENLHC_DATA` where set; else the first `data/` with an event file in
    the current folder or above it; else `data/` beside the package.

    Raises:
        DataError: if there is no such folder.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        folder = Path(chosen).expanduser()
        if not folder.is_dir():
            raise DataError(
                f"the environment variable {VARIABLE} names {folder}, which is not a folder: "
                "set it to the folder of the .npy files, or unset it to use the course's own"
            )
        return folder
    here = Path.cwd()
    for parent in (here, *here.parents, Path(__file__).resolve().parents[1]):
        folder = parent / "data"
        if any((folder / name).is_file() for name in _KNOWN_FILES):
            return folder
    raise DataError(
        f"found no folder `data` with event files in {here} or above it: start Jupyter inside the "
        f"unpacked course folder, or set the environment variable {VARIABLE} to the folder"
    )


def load_ttbarj(order: Literal["lo", "nlo"]) -> NDArray[np.float32]:
    """Events of top pairs with one more jet at leading or next-to-leading order.

    Args:
        order: `"lo"` or `"nlo"`.

    Returns:
        float32 of shape `(75000, 28)` in GeV; see `course_utils.kinematics.ttbarj_p4`.

    Raises:
        DataError: if the file is missing or damaged.
        ValueError: for another `order`.

    Example:
        >>> load_ttbarj("lo").shape
        (75000, 28)
    """
    return read_ttbarj(_find(TTBARJ_FILES, order, "order"))


def load_drell_yan(split: Literal["train", "validation", "test"]) -> NDArray[np.float64]:
    """Muon pairs from Z decays, pp → Z → μ⁻μ⁺ at parton level.

    Args:
        split: `"train"` (400,000 events), `"validation"` or `"test"` (100,000 each).

    Returns:
        float64 of shape `(n, 8)` in GeV: (E, px, py, pz) of the μ⁻, then of the μ⁺.

    Raises:
        DataError: if the file is missing or damaged.
        ValueError: for another `split`.

    Example:
        >>> load_drell_yan("validation").shape
        (100000, 8)
    """
    return read_drell_yan(_find(DRELL_YAN_FILES, split, "split"))


def read_ttbarj(path: str | Path) -> NDArray[np.float32]:
    """The same as `load_ttbarj` for a file of any name; float64 is rounded to float32.

    Raises:
        DataError: if the file is missing, damaged, not `(n, 28)` or not finite.
    """
    events = read_npy(path, n_columns=(28,))
    return events.astype(np.float32, copy=False)


def read_drell_yan(path: str | Path) -> NDArray[np.float64]:
    """The same as `load_drell_yan` for a file of any name.

    Files of shape `(n, 4)` hold (pt, eta1, eta2, phi1), see `drell_yan_p4`; files of shape `(n, 8)`
    hold the two four-momenta. In float32 the rounding of E has swallowed the muon mass: then E is
    computed anew from the momenta.

    Raises:
        DataError: if the file is missing, damaged, of another shape or not finite.
    """
    events = read_npy(path, n_columns=(4, 8))
    if events.shape[1] == 4:
        return drell_yan_p4(events)
    p4 = events.astype(np.float64).reshape(-1, 2, 4)
    if events.dtype.itemsize < 8:
        p4[..., 0] = np.sqrt(MUON_MASS**2 + (p4[..., 1:] ** 2).sum(axis=-1))
    return p4.reshape(-1, 8)


def drell_yan_p4(columns: NDArray[Any]) -> NDArray[np.float64]:
    """Both four-momenta of muon pairs without transverse momentum.

    The muons are back to back in azimuth with the same pT, so that four numbers fix the eight.

    Args:
        columns: (pt, eta1, eta2, phi1) in GeV and radian, shape `(n, 4)`.

    Returns:
        float64 of shape `(n, 8)`: (E, px, py, pz) of the μ⁻, then of the μ⁺; the transverse
        momenta cancel exactly and the muons have the mass `MUON_MASS`.

    Raises:
        ValueError: for another shape.

    Example:
        >>> pair = drell_yan_p4(np.array([[40.0, 0.0, 0.0, 0.0]]))
        >>> pair[0, 1], pair[0, 5]
        (np.float64(40.0), np.float64(-40.0))
    """
    values = as_float64(columns)
    if values.ndim != 2 or values.shape[1] != 4:
        raise ValueError(
            f"`columns` must have shape (n, 4), got {values.shape}: (pt, eta1, eta2, phi1) a row"
        )
    pt, eta1, eta2, phi1 = values.T
    first = p4_from_ptetaphim(pt, eta1, phi1, MUON_MASS)
    second = p4_from_ptetaphim(-pt, -eta2, phi1, MUON_MASS)  # px, py, not pz, change sign
    return np.concatenate((first, second), axis=1)


def _find(files: Mapping[str, tuple[str, ...]], key: str, argument: str) -> Path:
    if key not in files:
        choices = ", ".join(f'"{choice}"' for choice in files)
        raise ValueError(f"`{argument}` must be one of {choices}, got {key!r}")
    folder = data_dir()
    for name in files[key]:
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"{folder} holds none of {', '.join(files[key])}: {GET_AGAIN}, or set the environment "
        f"variable {VARIABLE} to the folder that holds it"
    )
