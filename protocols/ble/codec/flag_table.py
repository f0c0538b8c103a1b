"""Status words to `IntFlag` values by look-up: `IntFlag(word)` costs a microsecond, this a tenth of it."""

from enum import IntFlag
from typing import TypeVar

Flags = TypeVar("Flags", bound=IntFlag)


class FlagTable(dict[int, Flags]):
    """The flags of every word that has been seen.

    Words are at most 16 bits wide wherever a table is used, so that no device can make it grow beyond 65,536.
    """

    def __init__(self, kind: type[Flags]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, word: int) -> Flags:
        flags = self._kind(word)
        self[word] = flags
        return flags
