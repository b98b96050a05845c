"""What a sheet is: `sheet.toml` beside its notebooks, the one place that says so.

.. code-block:: toml

    title = "Distances and GANs"
    about = "how one knows that a model is good"
    notebooks = ["distances", "toy_gans"]   # in teaching order
    lecture = ["top_gan"]                   # for the lecture alone: never handed out
    data = ["data/drell_yan_*.npy"]         # what its students get of the course's data

    [notebook.distances]
    title = "Distances"
    about = "measure how far a model is from the truth"
    seconds = 40                            # measured on one core
    memory = 0.6                            # GB

    [budget]                                # what its solutions may cost; a benchmark checks it
    notebook = 180

Every entry may be left out; so may the file: then the notebooks are those that are there, by name.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

NAME = "sheet.toml"


class SheetError(ValueError):
    """A description that cannot be used; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Budget:
    """What a sheet's solutions may cost on one core.

    Attributes:
        notebook: seconds that a notebook may take.
        sheet: seconds that all of them may take together.
        suite: seconds that the sheet may add to the course's tests.
        memory: GB that a notebook's kernel may use.
    """

    notebook: float = 180.0
    sheet: float = 600.0
    suite: float = 300.0
    memory: float = 1.5


@dataclass(frozen=True)
class NotebookInfo:
    """What is said of one notebook.

    Attributes:
        title: for lists and menus.
        about: what students do in it, in a line.
        seconds: that its solution takes on one core, as measured; 0 if nobody did.
        memory: GB that its kernel uses, as measured; 0 if nobody did.
        budget: seconds that it may take, where the sheet's budget is not right for it; else 0.
    """

    title: str = ""
    about: str = ""
    seconds: float = 0.0
    memory: float = 0.0
    budget: float = 0.0


@dataclass(frozen=True)
class SheetInfo:
    """The description of a sheet.

    Attributes:
        name: of its folder.
        title: in a few words.
        about: in a line.
        notebooks: names of those that students get, in teaching order.
        lecture: names of those that only the lecture shows.
        data: paths and patterns of the data files that students need; `None` for all.
        bundle: further files and folders for this sheet's students.
        sandbox: further files and folders that its notebooks find where they are graded.
        budget: what its solutions may cost.
        details: of notebooks, by name.
    """

    name: str
    title: str = ""
    about: str = ""
    notebooks: tuple[str, ...] = ()
    lecture: tuple[str, ...] = ()
    data: tuple[str, ...] | None = None
    bundle: tuple[str, ...] = ()
    sandbox: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)
    details: Mapping[str, NotebookInfo] = field(default_factory=dict)

    def detail(self, notebook: str) -> NotebookInfo:
        """What is said of a notebook, empty if nothing is."""
        return self.details.get(notebook, NotebookInfo())

    def seconds_for(self, notebook: str) -> float:
        """Seconds that a notebook's solution may take."""
        return self.detail(notebook).budget or self.budget.notebook


def read_sheet(folder: Path, *, complete: bool = True) -> SheetInfo:
    """The description of the sheet in a folder.

    Without a `sheet.toml` the notebooks are those of the folder in the order of their names.

    Args:
        folder: with the notebooks of a sheet.
        complete: whether its notebooks must be those that are there; in a group's folder some may
            be missing, and others be its own.

    Raises:
        SheetError: the description cannot be read, or names other notebooks than the folder has.
    """
    there = {path.stem for path in folder.glob("*.ipynb") if path.is_file()}
    path = folder / NAME
    where = f"{folder.parent.name}/{folder.name}/{NAME}"
    if not path.is_file():
        return SheetInfo(folder.name, notebooks=tuple(sorted(there)))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SheetError(f"{where} cannot be read: {error}") from error
    try:
        info = _sheet(folder.name, table, there)
    except SheetError as error:
        raise SheetError(f"{where}: {error}") from None
    if complete:
        _compare(where, info, there)
    return info


def _compare(where: str, info: SheetInfo, there: set[str]) -> None:
    """Whether the notebooks are those that are there."""
    known = [*info.notebooks, *info.lecture]
    if missing := [name for name in known if name not in there]:
        raise SheetError(
            f"{where} names the notebook {missing[0]!r}, but there is no {missing[0]}.ipynb "
            f"beside it; notebooks there: {', '.join(sorted(there)) or 'none'}"
        )
    if forgotten := sorted(there - set(known)):
        raise SheetError(
            f"{forgotten[0]}.ipynb is not named in {where}: add {forgotten[0]!r} to `notebooks`, "
            "or to `lecture` if students shall not get it"
        )


def _sheet(name: str, table: Mapping[str, Any], there: set[str]) -> SheetInfo:
    values = _read(table, _ENTRIES, "")
    notebooks = values.pop("notebooks", None)
    lecture = values.get("lecture", ())
    if notebooks is None:
        notebooks = tuple(sorted(there - set(lecture)))
    named = [*notebooks, *lecture]
    if twice := [one for one in named if named.count(one) > 1]:
        raise SheetError(f"the notebook {twice[0]!r} is named twice")
    details = {
        one: NotebookInfo(**_read(said, _NOTEBOOK, f"notebook.{one}."))
        for one, said in values.pop("notebook", {}).items()
    }
    if strange := sorted(set(details) - set(named)):
        raise SheetError(f"[notebook.{strange[0]}] describes a notebook that the sheet has not")
    budget = Budget(**_read(values.pop("budget", {}), _BUDGET, "budget."))
    return SheetInfo(name, notebooks=notebooks, budget=budget, details=details, **values)


Reader = Callable[[str, Any], Any]


def _read(table: Any, entries: Mapping[str, Reader], inside: str) -> dict[str, Any]:
    """The entries of a table, each with the right type."""
    if not isinstance(table, dict):
        raise SheetError(f"`{inside.rstrip('.')}` must be a table, got {table!r}")
    for key in table:
        if key not in entries:
            raise SheetError(f"there is no entry `{inside}{key}`; it knows {', '.join(entries)}")
    return {key: entries[key](inside + key, value) for key, value in table.items()}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or "\n" in value.strip():
        raise SheetError(f"`{name}` must be a line of text, got {value!r}")
    return value.strip()


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise SheetError(f'`{name}` must be a list such as ["one", "two"], got {value!r}')
    return tuple(value)


def _names(name: str, value: Any) -> tuple[str, ...]:
    return tuple(item.removesuffix(".ipynb") for item in _texts(name, value))


def _amount(name: str, value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        raise SheetError(f"`{name}` must be a number above 0, got {value!r}")
    return float(value)


def _table(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SheetError(f"`{name}` must be a table, [{name}], got {value!r}")
    return value


_ENTRIES: dict[str, Reader] = {
    "title": _text, "about": _text, "notebooks": _names, "lecture": _names, "data": _texts,
    "bundle": _texts, "sandbox": _texts, "notebook": _table, "budget": _table,
}  # fmt: skip
_NOTEBOOK: dict[str, Reader] = {
    "title": _text, "about": _text, "seconds": _amount, "memory": _amount, "budget": _amount,
}  # fmt: skip
_BUDGET: dict[str, Reader] = dict.fromkeys((one.name for one in fields(Budget)), _amount)
