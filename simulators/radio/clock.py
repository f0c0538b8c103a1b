"""Event loops with their own clock: virtual (as fast as the CPU goes), scaled, or the wall's.

Everything on such a loop that sleeps, times out or asks `loop.time()` follows its clock. On the virtual clock
time stands still while code runs and jumps to the next timer when nothing is left to do. Sockets, pipes,
signals and threads stay real: I/O is polled at every turn, and

- `pause_virtual_clock()` makes time pass at the wall's pace for as long as something outside the process is
  awaited (a broker's answer, a child's exit); opening a connection or starting a child holds it by itself;
- a job in an executor stops time until it is done, as if it had run in the loop; a job that takes longer than
  `JOB_PATIENCE_S` on the wall (one that waits, not works) only slows time to the wall's pace.

Without anything external two runs see the same instants to the bit. Both clocks begin at 0.
"""

import asyncio
import contextlib
import math
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any, Literal, TypeVar, TypeVarTuple, Unpack

Clock = Literal["virtual", "wall"] | float

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Events = list[tuple[selectors.SelectorKey, int]]

# Writing and syncing a database page takes milliseconds, on a crowded machine a second; what takes longer is
# waiting for something (a line on stdin), and a clock that stands still for it would never move again.
JOB_PATIENCE_S = 5.0


# A paced clock that has fallen behind the wall makes up for this much, unseen; what is more is let go, for
# nobody could follow a sprint.
CATCHES_UP_S = 1.0


class _Selector(selectors.BaseSelector):
    """The system's selector, with the question of how long to wait left to a loop."""

    def __init__(self, select: Callable[[selectors.BaseSelector, float | None], Events]) -> None:
        self._inner = selectors.DefaultSelector()
        self._select = select

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> Events:
        return self._select(self._inner, timeout)

    def close(self) -> None:
        self._inner.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()


class _HoldingLoop(asyncio.SelectorEventLoop):
    """A loop with its own clock, which passes at the wall's pace while it is held."""

    def __init__(self) -> None:
        self._holders = 0
        super().__init__(_Selector(self._wait))

    def _wait(self, selector: selectors.BaseSelector, timeout_s: float | None) -> Events:
        raise NotImplementedError

    def _set_pace(self) -> None:
        raise NotImplementedError

    @contextlib.contextmanager
    def pause_virtual_clock(self) -> Iterator[None]:
        """Let time pass at the wall's pace inside the block; blocks may nest and overlap between tasks."""
        self._holders += 1
        self._set_pace()
        try:
            yield
        finally:
            self._holders -= 1
            self._set_pace()

    # Whoever opens a connection or starts a child waits for the outside: a time limit around it is meant in
    # seconds on the wall.

    async def create_connection(self, *args: Any, **kwargs: Any) -> Any:
        """As in asyncio, with time held."""
        with self.pause_virtual_clock():
            return await super().create_connection(*args, **kwargs)

    async def create_unix_connection(self, *args: Any, **kwargs: Any) -> Any:
        """As in asyncio, with time held."""
        with self.pause_virtual_clock():
            return await super().create_unix_connection(*args, **kwargs)

    async def sock_connect(self, *args: Any, **kwargs: Any) -> None:
        """As in asyncio, with time held."""
        with self.pause_virtual_clock():
            await super().sock_connect(*args, **kwargs)

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        """As in asyncio, with time held until the child runs."""
        with self.pause_virtual_clock():
            return await super().subprocess_exec(*args, **kwargs)

    async def subprocess_shell(self, *args: Any, **kwargs: Any) -> Any:
        """As in asyncio, with time held until the child runs."""
        with self.pause_virtual_clock():
            return await super().subprocess_shell(*args, **kwargs)

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """As in asyncio, with time held: its own time limit is meant for the wall."""
        with self.pause_virtual_clock():
            await super().shutdown_default_executor(*args, **kwargs)


class VirtualClockLoop(_HoldingLoop):
    """A loop whose time jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._pacing_since_wall_s: float | None = None
        self._jobs = 0
        self._jobs_since_wall_s = 0.0
        super().__init__()

    def time(self) -> float:
        """The virtual instant in seconds since the loop was made, on a grid of 1 ns while time jumps."""
        if self._pacing_since_wall_s is None:
            return self._now_s
        return self._now_s + time.monotonic() - self._pacing_since_wall_s

    def _set_pace(self, *, job_overdue: bool = False) -> None:
        if self._holders or job_overdue:
            if self._pacing_since_wall_s is None:
                self._pacing_since_wall_s = time.monotonic()
        elif self._pacing_since_wall_s is not None:
            self._now_s = round(self.time(), 9)
            self._pacing_since_wall_s = None

    def _wait(self, selector: selectors.BaseSelector, timeout_s: float | None) -> Events:
        """Poll I/O; with nothing to do until a timer, make it that instant, or wait if time is held."""
        if timeout_s is None or self._pacing_since_wall_s is not None:
            return selector.select(timeout_s)
        events = selector.select(0)
        if events or timeout_s <= 0:
            return events
        if self._jobs:
            patience_s = self._jobs_since_wall_s + JOB_PATIENCE_S - time.monotonic()
            if patience_s > 0:
                return selector.select(patience_s)
            self._set_pace(job_overdue=True)
            return []
        # Sums of intervals drift off the timers' instants by rounding; on the grid both runs of a seed, and
        # both ends of a subtraction, agree. The loop's own resolution is 1 ns, so no timer is missed.
        self._now_s = round(self._now_s + timeout_s, 9)
        return events

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As in asyncio; time stands still until the job is done."""
        future = super().run_in_executor(executor, func, *args)
        if not self._jobs:
            self._jobs_since_wall_s = time.monotonic()
        self._jobs += 1
        future.add_done_callback(self._finish_job)
        return future

    def _finish_job(self, _: asyncio.Future[Any]) -> None:
        self._jobs -= 1
        self._jobs_since_wall_s = time.monotonic()
        self._set_pace()


class PacedClockLoop(VirtualClockLoop):
    """A virtual clock that waits for the wall: at most `speed` seconds pass for every second there.

    Unlike on a scaled clock a slow machine makes time pass more slowly, not everything happen late: what a
    scenario measures does not depend on the load, and people can watch.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._mark_s = 0.0
        self._mark_wall_s = time.monotonic()
        super().__init__()

    def _wait(self, selector: selectors.BaseSelector, timeout_s: float | None) -> Events:
        """Wait until the wall has come to the next timer, or until there is I/O."""
        if timeout_s is None or timeout_s <= 0 or self._pacing_since_wall_s is not None or self._jobs:
            return super()._wait(selector, timeout_s)
        due_s = self._now_s + timeout_s
        early_s = (due_s - self._mark_s) / self._speed - (time.monotonic() - self._mark_wall_s)
        if early_s <= 0:
            if early_s < -CATCHES_UP_S:
                self._mark_s, self._mark_wall_s = self._now_s, time.monotonic()
            return super()._wait(selector, timeout_s)
        events = selector.select(early_s)
        if events:
            passed_s = (time.monotonic() - self._mark_wall_s) * self._speed
            self._now_s = round(min(due_s, max(self._now_s, self._mark_s + passed_s)), 9)
        else:
            self._now_s = round(due_s, 9)
        return events


class ScaledClockLoop(_HoldingLoop):
    """A loop on which `speed` seconds pass for every second on the wall, and one while it is held."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._pace = speed
        self._mark_s = 0.0
        self._mark_wall_s = time.monotonic()
        super().__init__()

    def time(self) -> float:
        """Scaled seconds since the loop was made."""
        return self._mark_s + (time.monotonic() - self._mark_wall_s) * self._pace

    def _set_pace(self) -> None:
        self._mark_s, self._mark_wall_s = self.time(), time.monotonic()
        self._pace = 1.0 if self._holders else self._speed

    def _wait(self, selector: selectors.BaseSelector, timeout_s: float | None) -> Events:
        return selector.select(None if timeout_s is None else timeout_s / self._pace)


def loop_factory(clock: Clock, *, at_most: float | None = None) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes a loop with that clock, for `asyncio.Runner`; `at_most` is for the virtual one.

    Raises:
        ValueError: `clock` is neither `virtual`, `wall` nor a positive number; or `at_most` is not positive.
    """
    if clock == "virtual":
        if at_most is None:
            return VirtualClockLoop
        if not 0 < at_most < math.inf:
            raise ValueError(f"at_most is {at_most!r}, expected a positive number")
        return lambda: PacedClockLoop(at_most)
    if clock == "wall":
        return asyncio.new_event_loop
    try:
        speed = float(clock)
    except (TypeError, ValueError):
        speed = math.nan
    if not 0 < speed < math.inf:
        raise ValueError(f"clock is {clock!r}, expected 'virtual', 'wall' or a positive number")
    return lambda: ScaledClockLoop(speed)


def run(main: Callable[[], Coroutine[Any, Any, T]], *, clock: Clock, at_most: float | None = None) -> T:
    """Run `main()` on a new loop with that clock, as `asyncio.run` does, and return what it returns.

    With `at_most`, virtual time passes at most that many times as fast as the wall's: to be watched.
    """
    with asyncio.Runner(loop_factory=loop_factory(clock, at_most=at_most)) as runner:
        return runner.run(main())


def pause_virtual_clock() -> contextlib.AbstractContextManager[None]:
    """Make virtual or scaled time pass at the wall's pace while something outside the process is awaited.

    Takes the running loop's `pause_virtual_clock`, if it has one; a wall clock needs no pause.
    Code that must not import this package can ask the loop itself:
    `getattr(asyncio.get_running_loop(), "pause_virtual_clock", contextlib.nullcontext)()`.
    """
    loop = asyncio.get_running_loop()
    if isinstance(loop, _HoldingLoop):
        return loop.pause_virtual_clock()
    return contextlib.nullcontext()
