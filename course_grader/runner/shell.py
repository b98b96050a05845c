"""An IPython shell whose outputs are sent as data: the part of the runner that cells see."""

import base64
import builtins
import io
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_grader.runner.at_home import (
    LeftOut,
    is_left_out,
    is_no_command,
    leave_debuggers_out,
)
from course_grader.runner.codec import WireError
from course_grader.runner.tasks import awaited, in_loop

MAX_TEXT = 2000
MAX_CHUNK = 100_000
Message = dict[str, Any]
_LARGE = ("image/svg+xml", "application/pdf")


def nowhere(output: Message) -> None:
    """What tests make a notebook print is not shown."""


class Output:
    """What a cell shows, sent as nbformat's outputs; text is collected for a moment."""

    send: Callable[[Message], None] = staticmethod(nowhere)
    _stream = ""
    _text: ClassVar[list[str]] = []
    _since = 0.0

    @classmethod
    def show(cls, kind: str, **content: Any) -> None:
        """Sends one output."""
        cls.flush()
        try:
            cls.send({"said": "output", "kind": kind, **content})
        except WireError as error:
            cls.write("stderr", f"[{kind} left out: {error}]\n")

    @classmethod
    def write(cls, stream: str, text: str) -> None:
        """Text of standard output or standard error."""
        if cls._stream != stream:
            cls.flush()
        if not cls._text:
            cls._since = time.monotonic()
        cls._stream = stream
        cls._text.append(text)
        if len(text) > MAX_CHUNK or time.monotonic() - cls._since > 0.1:
            cls.flush()

    @classmethod
    def flush(cls) -> None:
        """Sends the text that was collected."""
        text, cls._text = "".join(cls._text), []
        for start in range(0, len(text), MAX_CHUNK):
            chunk = text[start : start + MAX_CHUNK]
            cls.send({"said": "output", "kind": "stream", "name": cls._stream, "text": chunk})


class _Stream(io.TextIOBase):
    """Standard output or standard error of the cells."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        Output.write(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor


class _Publisher(DisplayPublisher):
    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **other: Any,
    ) -> None:
        Output.show(
            "display_data", data=_text_only(data), metadata=metadata or {},
            display_id=str((transient or {}).get("display_id", "")), update=update,
        )  # fmt: skip

    def clear_output(self, wait: bool = False) -> None:
        Output.show("clear", wait=bool(wait))


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        Output.show("execute_result", data=_text_only(format_dict), metadata=md_dict or {})


class Shell(InteractiveShell):
    """IPython without a terminal, a history or anybody who could answer."""

    def __init__(self, **options: Any) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        super().__init__(  # type: ignore[no-untyped-call]
            config=config, display_pub_class=_Publisher, displayhook_class=_Hook, **options
        )

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        Output.show(
            "error", ename=str(etype.__name__), evalue=said(evalue), traceback=list(map(str, stb))
        )

    def _format_exception_for_storage(self, *arguments: Any, **options: Any) -> list[str]:
        """For a history that is not kept; it would format every traceback a second time."""
        return []

    def system(self, cmd: str) -> None:
        """Lines that begin with an exclamation mark: no terminal, the output is shown."""
        if not is_no_command(cmd):
            self.system_raw(cmd)  # type: ignore[no-untyped-call]

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """The same where the output is kept."""
        cmd = "true" if is_no_command(cmd) else cmd
        return super().getoutput(cmd, split, depth + 1)  # type: ignore[no-untyped-call]

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Lines that begin with a percent sign."""
        known = self.find_line_magic(magic_name) is not None  # type: ignore[no-untyped-call]
        if is_left_out(magic_name, line, known=known):
            return None
        return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def should_run_async(self, raw_cell: str, **known: Any) -> bool:
        """Every cell finds an event loop that runs, as in Jupyter, whether it awaits or not."""
        awaits = super().should_run_async(raw_cell, **known)
        self.loop_runner = awaited if awaits else in_loop
        return True

    def enable_gui(self, gui: Any = None) -> None:
        """There is no screen."""


def _text_only(bundle: dict[str, Any]) -> dict[str, Any]:
    """The forms of an output as text; beside a PNG, none that no page shows and may be large."""
    spare = _LARGE if "image/png" in bundle else ()
    return {
        str(kind): base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in bundle.items()
        if kind not in spare
    }


def said(error: Any) -> str:
    """The text of an exception, if it has one."""
    try:
        return str(error)[:MAX_TEXT]
    except Exception:
        return ""


def _no_input(prompt: object = "") -> str:
    raise EOFError("nobody answers `input()` while a notebook is graded")


def make_shell() -> InteractiveShell:
    """The one shell of this process; standard output and error go to it from now on."""
    shell: Any = Shell.instance()
    builtins.input = _no_input
    sys.stdout, sys.stderr = _Stream("stdout", 1), _Stream("stderr", 2)
    leave_debuggers_out()
    shell.ast_transformers.append(LeftOut())
    for extension in ("course_notebooks.figures", "storemagic"):
        shell.extension_manager.load_extension(extension)
    made: InteractiveShell = shell
    return made


def warm_up(shell: InteractiveShell) -> None:
    """Formats a traceback: the first one looks through all modules, which forks need not repeat."""
    try:
        raise NotImplementedError
    except NotImplementedError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())
