"""Recordings on disk: what cannot be read is left out and said, never a traceback."""

import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]


def archives(folder: Path, *, needs: Iterable[str] = ()) -> Iterator[tuple[Path, Arrays]]:
    """Every `.npz` of a folder in the order of names, with at least the arrays `needs`."""
    for path in sorted(folder.glob("*.npz")):
        try:
            with np.load(path) as file:
                arrays = {key: file[key] for key in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            say(path, f"cannot be read: {error}")
            continue
        missing = sorted(set(needs) - set(arrays))
        if missing:
            say(path, f"has no {', '.join(missing)}")
            continue
        yield path, arrays


def say(path: Path, reason: str) -> None:
    """One sentence about what is left out."""
    sys.stderr.write(f"{path.parent.name}/{path.name} is left out: it {reason}\n")


def finite(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows (n, k) without a value that is not a number."""
    return np.asarray(np.isfinite(x).all(axis=tuple(range(1, x.ndim))))
