"""What no command of ours needs and takes long to import is left out."""

import sys
from types import ModuleType

_EXTENSIONS = ("assignment_list", "course_list", "formgrader", "validate_assignment")


def leave_out(*, server: bool = False) -> None:
    """Lets jsonschema and nbgrader do without parts of theirs that no notebook asks for.

    nbformat imports jsonschema, which imports its grammar of internationalised addresses where it
    is installed: 1.4 s of computing. `import nbgrader` imports nbgrader's extensions of Jupyter's
    server, and with them that server: 0.3 s. Called by programs of ours before they import either.

    Args:
        server: whether the program never starts Jupyter's server, so that these stay out, too.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    for extension in _EXTENSIONS if server else ():
        name = f"nbgrader.server_extensions.{extension}"
        if name not in sys.modules:
            sys.modules[name] = ModuleType(name)
            sys.modules[name].load_jupyter_server_extension = None  # type: ignore[attr-defined]
