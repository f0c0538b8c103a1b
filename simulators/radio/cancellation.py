"""Cancelling what waits for bumble.

bumble waits with `asyncio.wait_for`, which up to Python 3.11 loses a cancellation that comes together with
what was waited for (bpo-37658): the task goes on as if nobody had asked, and whoever waits for its end waits
for ever.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

# Soon enough for a test, seldom enough for a task that takes a moment to clean up.
ASK_AGAIN_AFTER_S = 0.1


async def insistently(work: Coroutine[Any, Any, None]) -> None:
    """Do `work`; who cancels this cancels it, however often it takes."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=ASK_AGAIN_AFTER_S)
        if not task.cancelled():
            task.result()
        raise
