"""Texts as they may stand on a page: no colours of a terminal, no signs that cannot be seen."""

import re

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LONG_WORD = re.compile(r"\S{40,}")
_BREAK = "\u200b"


def clean(text: str) -> str:
    r"""Text without colours, and with the last state of a line that was written several times.

    Example:
        >>> clean("\x1b[31mred\x1b[0m\n 10%\r100%\n")
        'red\n100%\n'
    """
    lines = _ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    last = (_last_state(line) for line in lines)
    return _UNSEEN.sub("", "\n".join(last))


def _last_state(line: str) -> str:
    states = [state for state in line.split("\r") if state]
    return states[-1] if states else ""


def literal(text: str) -> str:
    r"""A string of typst's: nothing in it has a meaning.

    Example:
        >>> print(literal('a "b" #c \\ d'))
        "a \"b\" #c \\ d"
    """
    text = _UNSEEN.sub("", text.replace("\r", "\n"))
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "    ")
    return f'"{text}"'


def breakable(text: str) -> str:
    """Text whose long words may be broken anywhere.

    Example:
        >>> breakable("x" * 50).count("x"), len(breakable("x" * 50)), breakable("short")
        (50, 99, 'short')
    """
    return _LONG_WORD.sub(lambda match: _BREAK.join(match.group()), text)


def shortened(text: str, n_lines: int, n_signs: int) -> str:
    r"""Beginning and end of a long text, with a note of what is left out.

    Args:
        text: any.
        n_lines: lines to keep at most.
        n_signs: signs to keep at most.

    Example:
        >>> print(shortened("\n".join("abcdefghij"), 4, 1000))
        a
        b
        c
        … 6 of 10 lines are left out here; they are in the notebook …
        j
    """
    lines = text.split("\n")
    if len(lines) > n_lines:
        head = max(1, 3 * n_lines // 4)
        tail = n_lines - head
        left_out = len(lines) - head - tail
        note = f"… {left_out} of {len(lines)} lines are left out here; they are in the notebook …"
        text = "\n".join([*lines[:head], note, *lines[len(lines) - tail :]])
    if len(text) > n_signs:
        head = 3 * n_signs // 4
        tail = n_signs - head
        left_out = len(text) - head - tail
        note = f"\n… {left_out} signs are left out here; they are in the notebook …\n"
        text = text[:head] + note + text[-tail:]
    return text
