"""Clocks: what follows them, what does not, and what holds them."""

import asyncio
import hashlib
import itertools
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from simulators.radio import clock as clock_module
from simulators.radio.clock import (
    Clock,
    ScaledClockLoop,
    VirtualClockLoop,
    loop_factory,
    pause_virtual_clock,
    run,
)

ROOT = Path(__file__).parents[3]
DAY_S = 86_400.0


def now_s() -> float:
    return asyncio.get_running_loop().time()


class TestVirtual:
    def test_a_week_of_sleep_takes_no_time(self) -> None:
        async def main() -> float:
            await asyncio.sleep(7 * DAY_S)
            return now_s()

        start_s = time.monotonic()
        assert run(main, clock="virtual") == 7 * DAY_S
        assert time.monotonic() - start_s < 1.0

    def test_begins_at_zero_and_stands_still_while_code_runs(self) -> None:
        async def main() -> tuple[float, float]:
            before = now_s()
            time.sleep(0.02)  # noqa: ASYNC251 - work that blocks the loop is what is tested
            await asyncio.sleep(0)
            return before, now_s()

        assert run(main, clock="virtual") == (0.0, 0.0)

    def test_timers_fire_in_order_and_at_their_instants(self) -> None:
        async def main() -> list[tuple[str, float]]:
            seen: list[tuple[str, float]] = []

            async def wait(name: str, delay_s: float) -> None:
                await asyncio.sleep(delay_s)
                seen.append((name, now_s()))

            await asyncio.gather(wait("c", 0.3), wait("a", 0.1), wait("b", 0.2), wait("a2", 0.1))
            return seen

        assert run(main, clock="virtual") == [("a", 0.1), ("a2", 0.1), ("b", 0.2), ("c", 0.3)]

    def test_many_small_steps_do_not_drift(self) -> None:
        async def main() -> float:
            for _ in range(10_000):
                await asyncio.sleep(0.01)
            return now_s()

        assert run(main, clock="virtual") == 100.0

    def test_timeouts_follow_it(self) -> None:
        async def main() -> float:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(30.0):
                    await asyncio.Event().wait()
            return now_s()

        assert run(main, clock="virtual") == 30.0

    def test_sockets_in_the_same_process_are_served(self) -> None:
        async def main() -> bytes:
            async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(await reader.readline())
                await writer.drain()
                writer.close()

            async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
                host, port = server.sockets[0].getsockname()
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"hello\n")
                with pause_virtual_clock():
                    answer = await reader.readline()
                writer.close()
                await writer.wait_closed()
                return answer

        assert run(main, clock="virtual") == b"hello\n"

    def test_a_job_in_a_thread_stops_time(self) -> None:
        async def main() -> tuple[str, float, float]:
            ticks = asyncio.create_task(asyncio.sleep(1000.0))
            async with asyncio.timeout(5.0):  # virtual: would be over at once if time went on
                result = await asyncio.to_thread(lambda: time.sleep(0.05) or "done")
            at = now_s()
            await asyncio.sleep(1.0)
            ticks.cancel()
            return result, at, now_s()

        assert run(main, clock="virtual") == ("done", 0.0, 1.0)

    def test_a_job_that_waits_lets_time_pass_at_the_walls_pace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock_module, "JOB_PATIENCE_S", 0.05)
        release = threading.Event()

        async def main() -> float:
            job = asyncio.get_running_loop().run_in_executor(None, release.wait)
            await asyncio.sleep(0.1)
            waited_s = now_s()
            release.set()
            await job
            await asyncio.sleep(3600.0)
            assert now_s() >= 3600.1
            return waited_s

        start_s = time.monotonic()
        assert run(main, clock="virtual") >= 0.1
        assert 0.14 < time.monotonic() - start_s < 5.0

    def test_two_jobs_and_one_fails(self) -> None:
        async def main() -> float:
            good = asyncio.to_thread(time.sleep, 0.01)
            bad = asyncio.to_thread(int, "x")
            results = await asyncio.gather(good, bad, return_exceptions=True)
            assert isinstance(results[1], ValueError)
            return now_s()

        assert run(main, clock="virtual") == 0.0

    def test_held_time_passes_at_the_walls_pace(self) -> None:
        async def main() -> tuple[float, float]:
            await asyncio.sleep(100.0)
            start_s = time.monotonic()
            with pause_virtual_clock(), pause_virtual_clock():
                await asyncio.sleep(0.05)
                inside = now_s()
            await asyncio.sleep(100.0)
            assert 0.05 <= time.monotonic() - start_s < 5.0
            return inside, now_s()

        inside, after = run(main, clock="virtual")
        assert 100.05 <= inside < 105.0
        assert after - inside == pytest.approx(100.0, abs=0.05)

    def test_one_holder_of_two_is_enough(self) -> None:
        async def main() -> float:
            async def hold_for(wall_s: float) -> None:
                with pause_virtual_clock():
                    await asyncio.sleep(wall_s)

            await asyncio.gather(hold_for(0.01), hold_for(0.05))
            return now_s()

        assert run(main, clock="virtual") < 1.0

    def test_a_child_process_is_awaited_with_time_held(self) -> None:
        async def main() -> tuple[int | None, float]:
            child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import sys; sys.exit(3)")
            with pause_virtual_clock():
                async with asyncio.timeout(50.0):
                    await child.wait()
            return child.returncode, now_s()

        code, at = run(main, clock="virtual")
        assert code == 3
        assert 0.0 < at < 50.0

    def test_a_shell_command_too(self) -> None:
        async def main() -> bytes:
            child = await asyncio.create_subprocess_shell("echo hello", stdout=asyncio.subprocess.PIPE)
            with pause_virtual_clock():
                out, _ = await child.communicate()
            return out

        assert run(main, clock="virtual") == b"hello\n"

    def test_opening_a_connection_holds_time(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))

        async def main() -> None:
            idle = asyncio.create_task(asyncio.sleep(3600.0))
            async with asyncio.timeout(60.0):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                writer.close()
                await writer.wait_closed()
                with socket.socket() as raw:
                    raw.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(raw, listener.getsockname())
            idle.cancel()

        with listener:
            run(main, clock="virtual")

    def test_opening_a_unix_connection_holds_time(self, tmp_path: Path) -> None:
        path = tmp_path / "s"

        async def main() -> float:
            server = await asyncio.start_unix_server(lambda _r, w: w.close(), path)
            idle = asyncio.create_task(asyncio.sleep(3600.0))
            reader, writer = await asyncio.open_unix_connection(path)
            with pause_virtual_clock():
                assert await reader.read() == b""
            writer.close()
            server.close()
            idle.cancel()
            return now_s()

        assert run(main, clock="virtual") < 60.0

    def test_another_thread_can_wake_the_loop(self) -> None:
        async def main() -> str:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[str] = loop.create_future()
            threading.Timer(0.02, loop.call_soon_threadsafe, (future.set_result, "woken")).start()
            return await future

        assert run(main, clock="virtual") == "woken"

    def test_ctrl_c_ends_a_loop_that_is_busy_with_timers(self) -> None:
        stopped: list[bool] = []

        async def main() -> None:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                for _ in itertools.count():
                    await asyncio.sleep(0.001)
            finally:
                stopped.append(True)

        with pytest.raises(KeyboardInterrupt):
            run(main, clock="virtual")
        assert stopped == [True]

    def test_signal_handlers_are_called(self) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            came = asyncio.Event()
            loop.add_signal_handler(signal.SIGUSR1, came.set)
            os.kill(os.getpid(), signal.SIGUSR1)
            with pause_virtual_clock():
                await came.wait()
            loop.remove_signal_handler(signal.SIGUSR1)

        run(main, clock="virtual")

    def test_the_executor_is_shut_down_on_the_walls_time(self) -> None:
        async def main() -> None:
            release = threading.Event()
            job = asyncio.get_running_loop().run_in_executor(None, release.wait)
            threading.Timer(0.05, release.set).start()
            await job
            asyncio.get_running_loop().call_later(3600.0, lambda: None)

        run(main, clock="virtual")

    def test_two_runs_see_the_same_instants(self) -> None:
        async def main() -> str:
            digest = hashlib.sha256()

            async def tick(period_s: float) -> None:
                for _ in range(200):
                    await asyncio.sleep(period_s)
                    digest.update(f"{period_s} {now_s()!r} ".encode())
                    await asyncio.to_thread(lambda: None)

            await asyncio.gather(*(tick(period_s) for period_s in (0.1, 0.03, 1 / 3, 0.0107)))
            return digest.hexdigest()

        assert run(main, clock="virtual") == run(main, clock="virtual")


class TestScaled:
    def test_time_passes_faster(self) -> None:
        async def main() -> float:
            await asyncio.sleep(10.0)
            return now_s()

        start_s = time.monotonic()
        assert 10.0 <= run(main, clock=200.0) < 60.0
        assert 0.04 < time.monotonic() - start_s < 5.0

    def test_held_time_passes_at_the_walls_pace(self) -> None:
        async def main() -> float:
            with pause_virtual_clock():
                before = now_s()
                await asyncio.sleep(0.05)
                return now_s() - before

        assert 0.05 <= run(main, clock=1000.0) < 5.0

    def test_an_endless_wait_has_no_timeout_to_scale(self) -> None:
        async def main() -> str:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[str] = loop.create_future()
            threading.Timer(0.02, loop.call_soon_threadsafe, (future.set_result, "woken")).start()
            return await future

        assert run(main, clock=50.0) == "woken"


def test_the_wall_clock_is_asyncios_own() -> None:
    async def main() -> tuple[bool, float]:
        with pause_virtual_clock():
            before = now_s()
            await asyncio.sleep(0.02)
            return isinstance(
                asyncio.get_running_loop(), VirtualClockLoop | ScaledClockLoop
            ), now_s() - before

    is_ours, passed_s = run(main, clock="wall")
    assert not is_ours
    assert passed_s >= 0.019


@pytest.mark.parametrize("clock", ["fast", 0, 0.0, -1.0, float("nan"), float("inf"), None])
def test_a_wrong_clock_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="expected 'virtual', 'wall' or a positive number"):
        loop_factory(clock)


def test_an_integer_is_a_speed() -> None:
    loop = loop_factory(10)()
    assert isinstance(loop, ScaledClockLoop)
    loop.close()


def test_a_virtual_loop_leaves_no_thread_behind() -> None:
    code = (
        "import asyncio, threading\n"
        "from simulators.radio.clock import run\n"
        "async def main(): await asyncio.to_thread(int, '1')\n"
        "run(main, clock='virtual')\n"
        "print(threading.active_count())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "1\n"


class TestPacedClock:
    """Virtual time that waits for the wall."""

    def test_time_passes_at_most_at_its_pace(self) -> None:
        async def three_seconds() -> float:
            began_s = time.monotonic()
            await asyncio.sleep(3)
            assert asyncio.get_running_loop().time() == 3.0
            return time.monotonic() - began_s

        assert run(three_seconds, clock="virtual", at_most=30) >= 0.09

    def test_a_machine_that_is_too_slow_makes_time_pass_slowly_and_nothing_late(self) -> None:
        async def work_that_takes_long() -> list[float]:
            loop = asyncio.get_running_loop()
            instants = []
            for tick in range(1, 6):
                await asyncio.sleep(tick - loop.time())
                time.sleep(0.02)  # noqa: ASYNC251 - the machine is busy
                instants.append(loop.time())
            return instants

        assert run(work_that_takes_long, clock="virtual", at_most=1000) == [1.0, 2.0, 3.0, 4.0, 5.0]

    def test_what_comes_from_outside_is_heard_while_it_waits(self) -> None:
        async def hear() -> float:
            loop = asyncio.get_running_loop()
            ours, theirs = socket.socketpair()
            heard = loop.create_future()
            loop.add_reader(ours, lambda: heard.done() or heard.set_result(loop.time()))
            threading.Timer(0.05, theirs.send, [b"x"]).start()
            try:
                async with asyncio.timeout(100):
                    return float(await heard)
            finally:
                loop.remove_reader(ours)
                ours.close()
                theirs.close()

        assert 0.3 < run(hear, clock="virtual", at_most=10) < 50

    @pytest.mark.parametrize("at_most", [0.0, -1.0, math.inf, math.nan])
    def test_only_a_positive_pace_is_one(self, at_most: float) -> None:
        with pytest.raises(ValueError, match="expected a positive number"):
            loop_factory("virtual", at_most=at_most)
