"""A disk that fails or hangs under a process of ours, as the operating system would say it.

SQLite's own way (a VFS that counts) is not in Python's standard library, and a wrapper around `sqlite3` would
fail whole statements, never the third write of a commit. So a small library between the process and the C
library fails the n-th write, sync or truncation below a folder. It needs a C compiler and Linux: tests that
use it are skipped, with a reason, where there is none.
"""

import os
import shutil
import struct
import subprocess
import sys
from mmap import mmap
from pathlib import Path

ENOSPC, EIO, STALL = 28, 5, 1000

SOURCE = Path(__file__).with_name("faulty_disk.c")


def is_available() -> bool:
    """Whether it can be built here."""
    return sys.platform == "linux" and shutil.which("cc") is not None


class FaultyDisk:
    """The disk of all processes that get `environment()`; `folder` is what is on it."""

    def __init__(self, build: Path, folder: Path) -> None:
        self._library = build / "faulty_disk.so"
        self._control = build / f"control-{len(list(build.glob('control-*')))}"
        self._folder = folder.resolve()
        if not self._library.exists():
            command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE), "-ldl"]
            subprocess.run(command, check=True, capture_output=True)
        self._control.write_bytes(bytes(16))
        self._file = self._control.open("r+b")
        self._words = mmap(self._file.fileno(), 16)

    def close(self) -> None:
        """Let go of the control file."""
        self._words.close()
        self._file.close()

    def environment(self) -> dict[str, str]:
        """For the processes whose disk it is."""
        return {
            **os.environ,
            "LD_PRELOAD": str(self._library),
            "FAULTY_DISK_CONTROL": str(self._control),
            "FAULTY_DISK_FOLDER": str(self._folder),
        }

    def does(self, what: int, *, begin: int = 0, times: int = 0) -> None:
        """From the operation with this number on, so many times (0: for ever)."""
        self._words[4:12] = struct.pack("<II", begin, times)
        self._words[0:4] = struct.pack("<I", what)

    def works(self) -> None:
        """It is sound again."""
        self._words[0:4] = bytes(4)

    @property
    def operations(self) -> int:
        """How many there have been."""
        return int(struct.unpack("<I", self._words[12:16])[0])
