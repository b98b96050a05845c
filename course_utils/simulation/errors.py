"""The error of this package, and imports that may fail with advice."""

from importlib import import_module
from typing import Any


class SimulationError(ValueError):
    """Events could not be made; the message says at which event and what to do."""


class MissingExtraError(SimulationError, ImportError):
    """A generator library of the `[simulation]` extra is not installed."""


def require(module: str) -> Any:
    """Imports a library of the `[simulation]` extra when it is first needed.

    Args:
        module: name of the module, such as `pythia8mc`.

    Returns:
        The module.

    Raises:
        MissingExtraError: if it is not installed, with the command that installs it.

    Example:
        >>> require("math").sqrt(4.0)
        2.0
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"this needs `{module}`, which is not installed here: "
            "install with  pip install -e '.[simulation]'"
        ) from error
