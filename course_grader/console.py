"""What the commands say: bars with the time left on a terminal, lines of a log elsewhere."""

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from course_notebooks.cleaning import line
from course_notebooks.terminal import Terminal


def duration(seconds: float) -> str:
    """A time span for people.

    Example:
        >>> duration(8), duration(95), duration(4000)
        ('8 s', '1 min 35 s', '1 h 06 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def alike(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Who and what of each text, those with the same text together.

    Example:
        >>> alike([("group-01", "the disk is full"), ("group-02", "the disk is full")])
        [('group-01, group-02', 'the disk is full')]
    """
    who: dict[str, list[str]] = {}
    for name, text in texts:
        who.setdefault(text, []).append(name)
    return [
        (", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""), text)
        for text, names in who.items()
    ]


_TOO_LITTLE = 0.02
_LOG_WIDTH = 80


class Work:
    """A piece of work with a known amount, in any unit; seconds make the best estimates."""

    def __init__(self, title: str, total: float, clock: float | None = None) -> None:
        self.title = line(title)
        self.total = max(total, 1e-9)
        self.done = 0.0
        self.text = ""
        self._start = time.monotonic() if clock is None else clock
        self._last = self._start
        self._lock = threading.Lock()

    def advance(self, amount: float, text: str = "") -> None:
        """So much more of the work is done."""
        self.reach(self.done + amount, self.total, text)

    def reach(self, done: float, total: float, text: str = "") -> None:
        """So much of the work is done, and so much there is, as far as one knows now."""
        with self._lock:
            self.total = max(total, 1e-9)
            self.done = min(done, self.total)
            self._last = time.monotonic()
            self.text = line(text) or self.text
        self.refresh()

    def describe(self, text: str) -> None:
        """Says what is being done now."""
        self.text = line(text)
        self.refresh()

    def left(self, now: float | None = None) -> float | None:
        """Seconds that remain, or `None` while too little is done to tell."""
        if self.done < _TOO_LITTLE * self.total:
            return None
        now = time.monotonic() if now is None else now
        pace = (self._last - self._start) / self.done
        return max(0.0, (self.total - self.done) * pace - (now - self._last))

    def refresh(self) -> None:
        """Shows the state; a work without a display shows nothing."""


class _Left(ProgressColumn):
    """The time left, from our own estimate, which counts down between steps."""

    max_refresh = 0.5

    def __init__(self, work: Work) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._work = work

    def render(self, task: Task) -> Text:
        left = self._work.left()
        return Text("" if left is None else f"{duration(left)} left")


class _Bar(Work):
    def __init__(self, title: str, total: float, console: "Console") -> None:
        super().__init__(title, total)
        self.progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=16),
            TextColumn("{task.percentage:>3.0f} %", table_column=Column(no_wrap=True)),
            _Left(self),
            TextColumn(
                "{task.fields[text]}",
                style="dim",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            expand=True,
            console=console.rich,
            transient=True,
        )
        self._task = self.progress.add_task(self.title, total=self.total, text="")

    def refresh(self) -> None:
        self.progress.update(self._task, completed=self.done, total=self.total, text=self.text)


class _Lines(Work):
    """At most one line every few seconds, so that a log stays readable."""

    every = 10.0

    def __init__(self, title: str, total: float, console: "Console") -> None:
        super().__init__(title, total)
        self._console = console
        self._said = self._start

    def refresh(self) -> None:
        now = time.monotonic()
        if now - self._said < self.every:
            return
        self._said = now
        left = self.left(now)
        tail = "" if left is None else f", {duration(left)} left"
        self._console.say(f"{self.title}: {100 * self.done / self.total:.0f} %{tail} ({self.text})")


class _Part(Work):
    """Work that is a share of larger work."""

    def __init__(self, title: str, total: float, whole: Work, share: float) -> None:
        super().__init__(title, total)
        self._whole = whole
        self._share = share
        self._base = whole.done

    def refresh(self) -> None:
        done = self._base + self._share * self.done / self.total
        self._whole.reach(max(done, self._whole.done), self._whole.total, self.text)


class Console(Terminal):
    """Where commands write to.

    Args:
        interactive: bars or lines; by default bars where standard output is a terminal.
    """

    def __init__(self, interactive: bool | None = None) -> None:
        self.interactive = sys.stdout.isatty() if interactive is None else interactive
        super().__init__(self._width())
        self._whole: tuple[Work, float] | None = None

    def _width(self) -> int | None:
        """Columns of a log: those that the caller asks for, else 80; a terminal knows its own."""
        return None if self.interactive or os.environ.get("COLUMNS") else _LOG_WIDTH

    def part(self, whole: Work, share: float) -> "Console":
        """A console whose next work is shown as this much of a larger work."""
        console = Console(self.interactive)
        console.rich = self.rich
        console._whole = (whole, share)
        return console

    @contextmanager
    def work(self, title: str, total: float) -> Iterator[Work]:
        """Shows a piece of work while the block runs."""
        if self._whole is not None:
            yield _Part(title, total, *self._whole)
        elif self.interactive:
            bar = _Bar(title, total, self)
            with bar.progress:
                yield bar
        else:
            yield _Lines(title, total, self)


class Silent(Console):
    """Says nothing: for use from other programs and tests."""

    def __init__(self) -> None:
        super().__init__(interactive=False)
        self.rich.quiet = True
