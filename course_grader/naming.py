"""Names of groups, sheets and notebooks: what they may hold, and how a command takes them."""

import re

_NAME = re.compile(r"[^\W_][\w.\-]*")
_SHEET = re.compile(r"[^\W_](?:[\w.\-, ()&'=@~#%]*[\w\-)'])?")
_WORD = re.compile(r"[\w.\-]+")
REFUSED = '* ? [ ] < > : " | \\ / $ `'


def is_name(name: str) -> bool:
    r"""Whether nbgrader, a file system and an address can use a name for a group.

    Example:
        >>> is_name("blatt-1_ä"), is_name("Blatt 1"), is_name("-x"), is_name("a/b")
        (True, False, False, False)
    """
    return _NAME.fullmatch(name) is not None


def is_sheet_name(name: str) -> bool:
    """Whether nbgrader, a file system and a command can use a name for a sheet.

    Example:
        >>> is_sheet_name("Problem Set 1 (new)"), is_sheet_name("a+b"), is_sheet_name("x ")
        (True, False, False)
    """
    return _SHEET.fullmatch(name) is not None


def is_notebook_name(name: str) -> bool:
    """Whether nbgrader finds a notebook of this name, and every system can hold it.

    Example:
        >>> is_notebook_name("C++ in 50% of the time"), is_notebook_name("part [1]")
        (True, False)
    """
    hidden = name.startswith(".") or any(sign in name for sign in REFUSED.split())
    return not hidden and name.strip() == name and name.isprintable()


def word(name: str) -> str:
    """A name as one word of a command, on every system.

    Example:
        >>> word("sheet01"), word("Problem Set 1")
        ('sheet01', '"Problem Set 1"')
    """
    return name if _WORD.fullmatch(name) else f'"{name}"'
