"""Stands between the service and its broker, so that the broker never outlives the service.

Run as a program: `python -I -S nats_guard.py ORPHANED_DIR BROKER ARGUMENTS...`. Its standard input is a pipe
that the service holds open. When that pipe ends (the service has ended, or was killed), the broker is told to
end, and killed if it does not. Unless the service has said `end` before, the directory ORPHANED_DIR is
removed, for nobody else is left to do it ("" removes nothing). If the guard itself is killed, the kernel
kills the broker (Linux). Standard library only: it starts in 20 ms and imports nothing of kinewatch.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1

# NATS flushes its stores in well under a second; a hung one must not keep the port.
END_WITHIN_S = 5.0


def main(arguments: list[str]) -> int:
    """Run the broker until it ends or the pipe does; returns its exit code, 128 + n for signal n."""
    orphaned_dir, *command = arguments
    # In the single-threaded guard, running code between fork and exec is safe.
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)  # noqa: PLW1509, S603
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.terminate())
    said: list[str] = []
    threading.Thread(target=_end_with_pipe, args=(server, said), daemon=True).start()
    exit_code = server.wait()
    if said == [""] and orphaned_dir:
        shutil.rmtree(orphaned_dir, ignore_errors=True)
    return exit_code if exit_code >= 0 else 128 - exit_code


def _end_with_pipe(server: "subprocess.Popen[bytes]", said: list[str]) -> None:
    said.append(sys.stdin.read().strip())
    server.terminate()
    try:
        server.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    # Not sys.exit: the interpreter's own end would fight with the thread that still reads standard input.
    os._exit(main(sys.argv[1:]))
