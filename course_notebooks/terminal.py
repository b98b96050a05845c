"""The one place that writes to a terminal: what is said passes `cleaning.block` on its way."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text
from typer.core import TyperGroup

from course_notebooks.cleaning import block, clean, coloured, line


class Terminal:
    """Lines and tables on standard output, or a log that stands in for it.

    Args:
        width: columns; by default as many as the terminal has.
    """

    def __init__(self, width: int | None = None) -> None:
        self.rich = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)

    def say(self, text: str = "", style: str = "") -> None:
        """Prints a text, in which nothing has a meaning."""
        self.rich.print(block(text), style=style or None)

    def problem(self, text: str) -> None:
        """Prints a text that asks for attention."""
        self.say(text, "yellow")

    def table(self, table: "Table") -> None:
        """Prints a table as wide as the terminal or the log."""
        self.rich.print(table, soft_wrap=False)

    @contextmanager
    def status(self) -> Iterator["Status"]:
        """A line that tells what is being done while the block runs."""
        with self.rich.status("") as status:
            yield Status(status)


class Status:
    """A line that changes."""

    def __init__(self, status: Any) -> None:
        self._status = status

    def show(self, text: str) -> None:
        """Says what is being done now."""
        self._status.update(Text(line(text)))


class Table(RichTable):
    """A table of rich's whose cells are only text, whoever wrote it."""

    def __init__(self, *args: Any, title: str | None = None, **options: Any) -> None:
        super().__init__(*args, title=Text(line(title)) if title else None, **options)

    def add_row(self, *cells: Any, **options: Any) -> None:
        """A row of texts."""
        super().add_row(*(Text(clean(str(cell))) for cell in cells), **options)


def complain(text: str) -> None:
    """Says on standard error what is wrong."""
    print(f"genlhc: {block(text)}", file=sys.stderr)


def show_traceback(error: BaseException) -> None:
    """Prints where an error came from, for those who asked for it."""
    print(clean("".join(traceback.format_exception(error))), file=sys.stderr, end="")


class Commands(TyperGroup):
    """A group of commands, whose usage errors and warnings are cleaned as well.

    Such texts repeat what was typed, and a shell types names of files.
    """

    def main(self, *args: Any, **options: Any) -> Any:
        """Runs a command with standard error under guard."""
        with guarded():
            return super().main(*args, **options)


@contextmanager
def guarded() -> Iterator[None]:
    """Within this block nothing on standard error steers a terminal but colours of ours.

    Signs that a terminal's encoding lacks become question marks instead of errors.
    """
    before = sys.stderr
    for stream in (sys.stdout, before):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.stderr = _Guard(before)
    try:
        yield
    finally:
        sys.stderr = before


class _Guard:
    """A stream through which only clean text goes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes what is left of a text."""
        self._stream.write(coloured(text) if self._stream.isatty() else clean(text))
        return len(text)
