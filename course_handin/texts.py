"""Texts as they may stand on a page: strings of typst's, neither too long nor too wide."""

import re

from course_notebooks.cleaning import clean

_LONG_WORD = re.compile(r"\S{40,}")
_BREAK = "\u200b"


def literal(text: str) -> str:
    r"""A string of typst's: nothing in it has a meaning.

    Example:
        >>> print(literal('a "b" #c \\ d'))
        "a \"b\" #c \\ d"
    """
    text = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("\n", "\\n").replace("\t", "    ")
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
