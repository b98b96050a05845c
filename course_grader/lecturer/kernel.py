"""The kernel that runs notebooks: this very Python, one thread, no surprises from the user's home.

Notebooks name a kernel, and a submission may name any; here the name is not looked at.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from course_grader.sandbox.bubblewrap import ONE_THREAD


def kernel_environment(root: Path) -> dict[str, str]:
    """The environment of a kernel.

    Args:
        root: the course's folder, put in front of the module search path.
    """
    before = os.environ.get("PYTHONPATH")
    return (
        os.environ
        | ONE_THREAD
        | {
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONNOUSERSITE": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "IPYTHONDIR": str(Path(tempfile.gettempdir()) / "genlhc-ipython"),
            "PYTHONPATH": os.pathsep.join([str(root), *([before] if before else [])]),
        }
    )


class ThisPython(AsyncKernelManager):
    """Starts `sys.executable -m ipykernel_launcher`, whatever kernel a notebook asks for."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of the one kernel there is."""
        if self._kernel_spec is None:
            self._kernel_spec = KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name="Python 3",
                language="python",
            )
        return self._kernel_spec

    @property
    def ipykernel(self) -> bool:
        """It always is one; nbclient then keeps no history file."""
        return True

    async def _async_pre_start_kernel(self, **kw: Any) -> Any:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return await super()._async_pre_start_kernel(**(quiet | kw))


def run_alone(notebook: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs to the end in a loop of its own, also from within a Jupyter server's loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(notebook())
    else:
        run_sync(notebook)()
