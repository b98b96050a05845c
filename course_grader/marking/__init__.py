"""One submission: its cells through the sandbox, then the master's tests on remote answers."""
