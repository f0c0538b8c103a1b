"""Log lines that somebody outside can cause: the first of a kind at once, then one in ten seconds."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

EVERY_S = 10.0

# Kinds remembered: they are named by us, not by whoever causes them.
MAX_KINDS = 64


class CoalescedLog:
    """One logger's lines, bounded: one line a kind in `EVERY_S`, which says how many were left out."""

    def __init__(self, logger: logging.Logger, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock_s = clock_s
        self._said_s: OrderedDict[str, float] = OrderedDict()
        self._left_out: dict[str, int] = {}

    def warning(self, kind: str, text: str, *args: object) -> None:
        """Log `text` (%-style) as a warning, unless one of this `kind` has been logged just now."""
        now_s = self._clock_s()
        said_s = self._said_s.get(kind)
        if said_s is not None and now_s - said_s < EVERY_S:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        self._said_s[kind] = now_s
        if len(self._said_s) > MAX_KINDS:
            self._left_out.pop(self._said_s.popitem(last=False)[0], None)
        left_out = self._left_out.pop(kind, 0)
        self._logger.warning(text, *args)
        if left_out:
            self._logger.warning("... and %d like it before", left_out)
