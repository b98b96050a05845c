"""Are the event files intact, and is what they hold physics? Behind `genlhc data check`."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_utils import kinematics
from course_utils.data import (
    ETA_CUT,
    MUON_MASS,
    PT_CUT,
    DataError,
    read_drell_yan,
    read_npy,
    read_ttbarj,
)

SUMS = "SHA256SUMS"
JET_PT_CUT = 20.0
"""Every jet of a tt̄j event has a transverse momentum above this, in GeV."""
JET_ETA_CUT = 4.5
"""Every jet of a tt̄j event has a pseudorapidity below this, in absolute value."""
EXTRA_JET_PT_CUT = 30.0
"""The extra jet has a transverse momentum above this, in GeV."""

_ROUNDING = 8 * float(np.finfo(np.float32).eps)  # of a float32 momentum, relative
_MASS_TOLERANCE = 1e-6  # GeV: E² ε / m in float64 is below 1e-6 up to E = 20 TeV


@dataclass
class FileReport:
    """What was found in one file: no problems, no complaint."""

    path: Path
    content: str = ""
    n_events: int = 0
    problems: list[str] = field(default_factory=list)


def drell_yan_problems(p4: NDArray[np.float64]) -> list[str]:
    """Which invariants of pp → Z → μ⁻μ⁺ events at parton level are broken.

    Args:
        p4: muon pairs in GeV, shape `(n, 8)`.

    Returns:
        One sentence for each; empty if the muon masses, the transverse balance and the cuts hold.

    Example:
        >>> at_rest = np.tile([MUON_MASS, 0.0, 0.0, 0.0], (3, 2))
        >>> drell_yan_problems(at_rest)
        ['3 of 3 events have a muon with pT not above 10 GeV']
    """
    muons = p4.reshape(-1, 2, 4)
    pt, eta = kinematics.pt(muons), kinematics.eta(muons)
    imbalance = np.hypot(*muons[..., 1:3].sum(axis=1).T)
    off_shell = np.abs(kinematics.mass(muons) - MUON_MASS) > _MASS_TOLERANCE
    return _sentences(
        {
            f"have a muon of a mass other than {MUON_MASS} GeV": off_shell.any(axis=1),
            "have a pair with transverse momentum": imbalance > _ROUNDING * pt.max(axis=1),
            f"have a muon with pT not above {PT_CUT:g} GeV": (pt <= PT_CUT).any(axis=1),
            f"have a muon with |η| not below {ETA_CUT:g}": (np.abs(eta) >= ETA_CUT).any(axis=1),
        }
    )


def ttbarj_problems(x: NDArray[np.float32]) -> list[str]:
    """Which invariants of tt̄j events are broken.

    Args:
        x: events in GeV, shape `(n, 28)`.

    Returns:
        One sentence for each; empty if all energies are positive, no jet is space-like beyond the
        rounding of float32, and the selection holds (pT > 20 GeV, |η| < 4.5, extra jet 30 GeV).

    Example:
        >>> jet = kinematics.p4_from_ptetaphim(25.0, 0.0, 0.0, 5.0)
        >>> ttbarj_problems(np.tile(jet, (3, 7)).astype(np.float32))
        ['3 of 3 events have an extra jet with pT not above 30 GeV']
    """
    jets = kinematics.ttbarj_p4(x)
    energy = jets[..., 0]
    mass_squared = energy**2 - (jets[..., 1:] ** 2).sum(axis=-1)
    pt, eta = kinematics.pt(jets), kinematics.eta(jets)
    lowest, widest = JET_PT_CUT * (1 - _ROUNDING), JET_ETA_CUT * (1 + _ROUNDING)
    lowest_extra = EXTRA_JET_PT_CUT * (1 - _ROUNDING)
    return _sentences(
        {
            "have a jet without positive energy": (energy <= 0).any(axis=1),
            "have a jet with E² < p²": (mass_squared < -_ROUNDING * energy**2).any(axis=1),
            f"have a jet with pT not above {JET_PT_CUT:g} GeV": (pt <= lowest).any(axis=1),
            f"have a jet with |η| not below {JET_ETA_CUT:g}": (np.abs(eta) >= widest).any(axis=1),
            f"have an extra jet with pT not above {EXTRA_JET_PT_CUT:g} GeV": pt[:, 6]
            <= lowest_extra,
        }
    )


def event_folders(room: Path) -> list[Path]:
    """All folders in a folder that hold event files or their checksums, at any depth.

    Args:
        room: for example `autograde_tests/`; it need not exist.

    Returns:
        Sorted by path.
    """
    return sorted({path.parent for name in ("*.npy", SUMS) for path in room.rglob(name)})


def check_folder(folder: Path) -> Iterator[FileReport]:
    """Checks every `.npy` file of a folder, and every file that its `SHA256SUMS` names.

    Args:
        folder: for example `data/`.

    Yields:
        A report for each file, in alphabetical order.

    Raises:
        DataError: if the folder does not exist, or `SHA256SUMS` is not readable.
    """
    sums = read_sums(folder)
    for name in sorted({path.name for path in folder.glob("*.npy")} | set(sums)):
        yield _check_file(folder / name, sums.get(name))


def repeated_events(paths: Iterable[Path]) -> list[str]:
    """Pairs of files that share an event, which would spoil every test on unseen events.

    Args:
        paths: files of one layout; unreadable ones are left out.

    Returns:
        One sentence for each pair.
    """
    rows: dict[Path, NDArray[np.void]] = {}
    for path in paths:
        try:
            events = np.ascontiguousarray(read_npy(path))
        except DataError:
            continue
        rows[path] = events.view(np.dtype((np.void, events.strides[0]))).ravel()
    names = list(rows)
    found = []
    for k, first in enumerate(names):
        for second in names[k + 1 :]:
            if rows[first].dtype != rows[second].dtype:
                continue
            n_shared = len(set(rows[first].tolist()) & set(rows[second].tolist()))
            if n_shared:
                found.append(f"{first} and {second} share {n_shared} events")
    return found


def sha256(path: Path) -> str:
    """Checksum of a file, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(folder: Path) -> dict[str, str]:
    """File names and their checksums from `SHA256SUMS`; empty if there is none.

    Raises:
        DataError: if the folder is missing or a line is not `checksum  name`.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give the folder of the event files")
    sums = folder / SUMS
    if not sums.is_file():
        return {}
    found = {}
    for number, line in enumerate(sums.read_text(encoding="utf-8").splitlines(), start=1):
        parts = line.split()
        if len(parts) != 2 or len(parts[0]) != 64:
            raise DataError(
                f"{sums}, line {number}: got {line[:80]!r}, expected a sha256 checksum and a file "
                "name: write the file anew with `genlhc data sums`"
            )
        found[parts[1].removeprefix("*")] = parts[0]
    return found


def write_sums(folder: Path) -> Path:
    """Writes `SHA256SUMS` for all `.npy` files of a folder, in one step.

    Raises:
        DataError: if the folder holds none.
    """
    paths = sorted(folder.glob("*.npy"))
    if not paths:
        raise DataError(f"{folder} holds no .npy file: nothing to write checksums of")
    target = folder / SUMS
    lines = "".join(f"{sha256(path)}  {path.name}\n" for path in paths)
    with replacing(target) as temporary:
        temporary.write_text(lines, encoding="utf-8", newline="\n")
    return target


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file beside `target` that takes its place at the end, or leaves no trace.

    Nobody ever sees half a file: not after an interruption, not on a full disk.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _check_file(path: Path, expected_sum: str | None) -> FileReport:
    report = FileReport(path)
    if not path.is_file():
        report.problems.append(f"named in {SUMS}, but missing: copy it again")
        return report
    if expected_sum is None:
        report.problems.append(f"not in {SUMS}: run `genlhc data sums` if the file is meant")
    elif sha256(path) != expected_sum:
        report.problems.append("differs from its checksum: copy it again")
    try:
        _check_physics(report)
    except DataError as error:
        report.problems.append(str(error).removeprefix(f"{path} "))
    return report


def _check_physics(report: FileReport) -> None:
    name = report.path.name
    if name.startswith("ttbarj"):
        x = read_ttbarj(report.path)
        report.content, report.n_events = "tt̄j", len(x)
        report.problems += ttbarj_problems(x)
    elif name.startswith(("drell_yan", "dy_")):
        p4 = read_drell_yan(report.path)
        report.content, report.n_events = "Drell-Yan", len(p4)
        report.problems += drell_yan_problems(p4)
    else:
        report.content, report.n_events = "other", len(read_npy(report.path))


def _sentences(broken: Mapping[str, ArrayLike]) -> list[str]:
    masks = {what: np.asarray(events) for what, events in broken.items()}
    return [f"{bad.sum()} of {len(bad)} events {what}" for what, bad in masks.items() if bad.any()]
