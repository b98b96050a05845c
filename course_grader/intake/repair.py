"""From the bytes of a file to a notebook of the present format, whoever saved it.

Encodings, line ends, older and newer formats and missing fields are mended and said; what cannot be
read is refused in plain words. The file itself is never written to.
"""

import json
import re
from pathlib import Path
from typing import Any

import nbformat

READ_SECONDS = 30.0  # of computing, for a file
MAX_RAW = 300_000_000
MAX_BYTES = 20_000_000
MAX_CELLS = 2_000
MAX_TEXT = 200_000  # bytes of one cell
_MUCH = 10_000_000
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_KINDS = ("code", "markdown", "raw")
_NO_NOTEBOOK = (
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"\x89PNG", "a picture"),
)


def read_handed(path: Path) -> tuple[Any, list[str]]:
    """A notebook that nbformat finds valid, without outputs, and what was mended.

    Args:
        path: a file that somebody handed in.

    Raises:
        ValueError: says in plain words what is wrong with the file.
    """
    size = path.stat().st_size
    if size > MAX_RAW:
        raise ValueError(
            f"{path.name} is {size / 1e6:.0f} MB large, more than {MAX_RAW / 1e6:.0f} MB; "
            "clear the outputs and hand in again"
        )
    remarks: list[str] = []
    content = _json(path.name, path.read_bytes(), remarks)
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise ValueError(f"{path.name} is not a notebook: it has no cells")
    content = _without_outputs(content)
    bare = len(json.dumps(content))
    if bare > MAX_BYTES:
        raise ValueError(
            f"{path.name} has {bare / 1e6:.0f} MB of cells without outputs, more than "
            f"{MAX_BYTES / 1e6:.0f} MB; keep data in files of their own and hand in again"
        )
    _check_work(path.name, content)
    if size - bare > _MUCH:
        remarks.append(f"outputs of {(size - bare) / 1e6:.0f} MB were left out")
    try:
        notebook = nbformat.from_dict(_of_today(content, remarks))
        nbformat.validate(notebook)
    except Exception as error:
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ValueError(f"{path.name} is not a valid notebook: {line}") from None
    return notebook, remarks


def _check_work(name: str, content: dict[str, Any]) -> None:
    """Few bytes may be much work for whatever reads, runs or shows cells."""
    sheets = [content, *_dicts(content.get("worksheets"))]
    cells = [cell for sheet in sheets for cell in _dicts(sheet.get("cells"))]
    if len(cells) > MAX_CELLS:
        raise ValueError(
            f"{name} has {len(cells):,} cells, more than {MAX_CELLS:,}; delete those that are not "
            "yours and not needed, and hand in again"
        )
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", cell.get("input", ""))
        size = len("".join(map(str, source if isinstance(source, list) else [source])).encode())
        if size > MAX_TEXT:
            raise ValueError(
                f"{name} has {size / 1e3:,.0f} kB of text in its cell {number}, more than "
                f"{MAX_TEXT / 1e3:.0f} kB; keep data in files of their own and hand in again"
            )


def _json(name: str, data: bytes, remarks: list[str]) -> Any:
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ValueError(f"{name} is empty")
    for start, kind in _NO_NOTEBOOK:
        if data.startswith(start):
            raise ValueError(f"{name} is not a notebook but {kind}; hand in the .ipynb file itself")
    text = _text(data, remarks)
    if text.lstrip().startswith("<"):
        raise ValueError(
            f"{name} is not a notebook but a web page (HTML); hand in the .ipynb file itself"
        )
    try:
        content = json.loads(text)
        return json.loads(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(
            f"{name} is not a notebook: its JSON breaks off or is damaged{where}"
        ) from None


def _text(data: bytes, remarks: list[str]) -> str:
    """The text of a file in UTF-8, UTF-16, UTF-32 or Latin-1, with or without a mark of it."""
    encoding: str = json.detect_encoding(data)
    try:
        text = data.decode(encoding, "surrogatepass" if encoding.startswith("utf-16") else "strict")
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = data.decode(encoding)
    if encoding == "utf-8-sig":
        remarks.append("the file began with a byte order mark")
    elif encoding != "utf-8":
        remarks.append(f"the file was saved as {encoding.upper()}, not as UTF-8")
    return text.lstrip("\ufeff")


def _without_outputs(content: dict[str, Any]) -> dict[str, Any]:
    """Outputs, widgets and whatever else is not a cell are left out."""
    for sheet in [content, *_dicts(content.get("worksheets"))]:
        for cell in _dicts(sheet.get("cells")):
            if "outputs" in cell:
                cell["outputs"] = []
    kept = ("nbformat", "nbformat_minor", "cells", "worksheets")
    metadata = content.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    name = kernel.get("name") if isinstance(kernel, dict) else None
    bare = {key: content[key] for key in kept if key in content}
    spec = {"name": name, "display_name": name}
    return bare | {"metadata": {"kernelspec": spec} if isinstance(name, str) else {}}


def _of_today(content: dict[str, Any], remarks: list[str]) -> dict[str, Any]:
    """The same in format 4.5, every cell with all that it needs."""
    major, minor = content.get("nbformat"), content.get("nbformat_minor")
    if not isinstance(major, int) or not isinstance(minor, int):
        major, minor = (3, 0) if "worksheets" in content else (4, 5)
        remarks.append(f"the format's number was missing: it was read as {major}.{minor}")
    if major < 4 and "worksheets" in content:
        remarks.append(f"the format {major}.{minor} is old: it was brought to 4.5")
        older = content | {"nbformat": major, "nbformat_minor": minor, "metadata": {"name": ""}}
        content = dict(nbformat.convert(nbformat.versions[major].to_notebook_json(older), 4))
    elif (major, minor) > (4, 5):
        remarks.append(f"the format {major}.{minor} is newer than 4.5: it was read as 4.5")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise ValueError("its cells are not a list")
    made = [_cell(cell, index, remarks) for index, cell in enumerate(cells)]
    unique_ids(made, remarks if (major, minor) >= (4, 5) else [])
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": content["metadata"], "cells": made}


def _cell(cell: Any, index: int, remarks: list[str]) -> dict[str, Any]:
    """A cell with all fields that its kind has, and no others."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in _KINDS:
        raise ValueError(f"cell {index + 1} is of no known kind")
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(str(line) for line in source)
    if "\r" in str(source):
        source = str(source).replace("\r\n", "\n").replace("\r", "\n")
        _once(remarks, "line ends of Windows were replaced")
    if not isinstance(cell.get("metadata"), dict):
        _once(remarks, "cells without metadata were given empty ones")
    mark = cell["metadata"].get("nbgrader") if isinstance(cell.get("metadata"), dict) else None
    made = {
        "cell_type": cell["cell_type"],
        "id": cell.get("id"),
        "metadata": {"nbgrader": mark} if isinstance(mark, dict) else {},
        "source": str(source),
    }
    if made["cell_type"] == "code":
        made |= {"outputs": [], "execution_count": None}
    elif isinstance(cell.get("attachments"), dict):
        made["attachments"] = cell["attachments"]
    return made


def unique_ids(cells: list[Any], remarks: list[str]) -> None:
    """Every cell gets an id of its own, as formats since 4.5 want it."""
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        name = cell.get("id")
        if not isinstance(name, str) or not _CELL_ID.fullmatch(name) or name in seen:
            known = isinstance(name, str) and name in seen
            text = "occurred more than once" if known else "were missing or not allowed"
            _once(remarks, f"ids of cells {text}: new ones were given")
            cell["id"] = name = _free(f"cell-{index}-of-this-submission", seen)
        seen.add(name)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "-"
    return name[-64:]


def _once(remarks: list[str], text: str) -> None:
    if text not in remarks:
        remarks.append(text)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
