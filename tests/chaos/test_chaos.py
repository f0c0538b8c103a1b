"""A short chaos in every test run; `make chaos` is the long one, on all brokers."""

from pathlib import Path

import pytest

from tests.chaos.chaos import Chaos, sequence
from tests.support.brokers import broker_named

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]


async def test_kills_a_hanging_disk_and_a_backlog_lose_nothing_and_hold_up_no_screen(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    async with broker_named("nats", tmp_path / "broker") as broker:
        chaos = Chaos(broker, "nats", tmp_path, seed=3, disk_s=3.0)
        await chaos.begin()
        try:
            await chaos.run(["kill_station", "kill_receiver", "kill_broker", "disk_hangs"], alerts=40)
            await chaos.run_backlog(60)
        finally:
            await chaos.end()
    figures = chaos.figures
    assert (figures.lost, figures.closed_unseen, figures.twice, figures.out_of_order) == (0, 0, 0, 0)
    assert figures.kills == 4
    assert figures.said_not_stored == figures.disk_faults
    assert len(figures.key_to_screen_ms) > 40
    # Times under the load of a whole test run say little; `make chaos` holds them to 0.3 s and 5 s.
    assert max(figures.key_to_screen_ms) < 1500
    assert figures.longest_recovery_s < 30


def test_a_sequence_has_all_kills_and_every_other_fault_once() -> None:
    faults = sequence(54, seed=1)
    assert len(faults) == 63
    assert all(faults.count(kill) == 18 for kill in ("kill_station", "kill_receiver", "kill_broker"))
    assert faults == sequence(54, seed=1) != sequence(54, seed=2)
