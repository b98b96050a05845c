"""The untrusted side: runs the cells of notebooks and answers the questions of tests.

Started inside the sandbox, its first process imports the heavy packages and then forks one for each
submission, in a room of its own (`rooms`), which forks one for each notebook. A notebook's process
can be *parked*: a fork of it waits on a connection of its own, to go on if the process dies in the
next cell, or to be asked by a test. Student code shares these processes, so nothing that they say
is believed; the other side is `course_grader.marking.peer`.
"""

import contextlib
import gc
import importlib
import os
import resource
import signal
import sys

from IPython.core.interactiveshell import InteractiveShell

from course_grader.runner.codec import WireError
from course_grader.runner.forking import get_ready
from course_grader.runner.furnishing import Furniture
from course_grader.runner.process import Process, connected
from course_grader.runner.rooms import are_possible, give_up, move_in
from course_grader.runner.shell import Message, make_shell, warm_up
from course_grader.runner.wire import Channel


def _limit(limits: dict[str, int]) -> None:
    """Resource limits of this process and of all that come from it."""
    for name, most in limits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out, this goes first


def main() -> None:
    """Imports what all notebooks have in common; each submission gets a fork in a room."""
    control = Channel(connected(int(sys.argv[1])))
    start = control.receive()
    shell = make_shell()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is deaf to those inside
    furniture = Furniture(**start["furniture"])
    furniture.bring_caches()
    gc.disable()
    for name in start["modules"]:
        try:
            importlib.import_module(name)
        except BaseException:
            continue  # the cell that imports it will say so
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    warm_up(shell)
    get_ready()
    has_rooms = start["rooms"] and are_possible()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for forks
    control.send({"said": "ready", "rooms": has_rooms})
    while True:
        request = control.receive()
        descriptors = control.receive_descriptors(2 + request["has_files"])
        if os.fork() == 0:
            control.close()
            if has_rooms:
                move_in(request["disk"])
            submission(shell, furniture, request, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def submission(
    shell: InteractiveShell,
    furniture: Furniture,
    request: Message,
    control: int,
    terminal: int,
    files: int | None = None,
) -> None:
    """The first process of a submission, from which those of its notebooks are forked.

    Args:
        shell: where cells run.
        furniture: what they find around them.
        request: limits, and what must be given up.
        control: descriptor of a connection: each message asks for a process.
        terminal: descriptor for what programs write to standard output and error.
        files: descriptor of a folder with what was handed in.
    """
    for standard in (1, 2):
        os.dup2(terminal, standard)
    os.close(terminal)
    furniture.lay_out(files)
    if request["shut_in"]:
        give_up(request["calls"])
    _limit(request["limits"])
    channel = Channel(connected(control))
    gc.enable()
    while True:
        channel.receive()
        (descriptor,) = channel.receive_descriptors()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            channel.close()
            Process(connected(descriptor), shell).serve()
        os.close(descriptor)


if __name__ == "__main__":
    try:
        main()
    except (WireError, OSError):
        os._exit(0)
