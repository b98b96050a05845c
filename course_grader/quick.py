"""What no command of ours needs and takes long to import is left out."""

import sys


def leave_out() -> None:
    """Lets jsonschema do without its grammar of internationalised addresses.

    nbformat imports jsonschema, which imports the grammar where it is installed: 1.4 s of computing
    for a check that no notebook asks for. Called by programs of ours before they import nbformat.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
