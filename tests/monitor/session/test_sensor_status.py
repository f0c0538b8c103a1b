"""A sensor's health as the session tells it."""

from devices.frames import LinkEvent, LinkState
from monitor.outputs import DeviceStatus
from monitor.samples import Code, DecodeFailure, Sample
from monitor.sensors import SensorConfig, SensorRole
from monitor.session.effects import Effects
from monitor.session.sensor_status import SensorStatus

S = 1_000_000_000
STRAP = SensorConfig(device="strap", family="heart_rate", role=SensorRole.HEART_RATE_STRAP)


def event(at_s: int, state: LinkState, **more: object) -> LinkEvent:
    return LinkEvent(device="strap", state=state, received_ns=at_s * S, **more)  # type: ignore[arg-type]


def sample(at_s: int, code: Code, value: float) -> Sample:
    return Sample(device="strap", code=code, t_ns=at_s * S, received_ns=at_s * S, value=value)


def last(effects: Effects) -> DeviceStatus:
    status = effects.outputs[-1]
    assert isinstance(status, DeviceStatus)
    return status


def test_a_lost_link_says_since_when_and_how_old_the_last_data_are() -> None:
    board, effects = SensorStatus([STRAP]), Effects()
    board.on_link_event(event(1, LinkState.LIVE, rssi_dbm=-60), effects)
    board.on_sample(sample(5, Code.HEART_RATE_PER_MIN, 72.0), effects)
    board.on_sample(sample(9, Code.BATTERY_PERCENT, 80.0), effects)
    board.on_link_event(event(10, LinkState.LOST, reason="no data for 5.0 s"), effects)
    status = last(effects)
    assert (status.link, status.link_since_ns, status.last_data_ns) == (LinkState.LOST, 10 * S, 5 * S)
    assert (status.rssi_dbm, status.battery_percent, status.reason) == (-60, 80.0, "no data for 5.0 s")


def test_a_new_reason_is_no_new_state() -> None:
    board, effects = SensorStatus([STRAP]), Effects()
    board.on_link_event(event(1, LinkState.SEARCHING), effects)
    board.on_link_event(event(7, LinkState.SEARCHING, reason="2 devices fit"), effects)
    assert (last(effects).link_since_ns, last(effects).reason) == (1 * S, "2 devices fit")


def test_reconnects_and_damage_are_counted_and_damage_is_told_seldom() -> None:
    board, effects = SensorStatus([STRAP]), Effects()
    board.on_link_event(event(1, LinkState.LIVE, reconnects=3), effects)
    for at_s in range(2, 8):
        board.on_decode_failure(
            DecodeFailure(device="strap", characteristic="2a37", received_ns=at_s * S, reason="short"),
            effects,
        )
    assert len(effects.outputs) == 2
    (status,) = board.view(8 * S)
    assert (status.reconnects, status.decode_failures, status.last_data_ns) == (3, 6, None)


def test_motion_is_data_too() -> None:
    board = SensorStatus([STRAP])
    board.on_data("strap", 4 * S)
    (status,) = board.view(5 * S)
    assert status.last_data_ns == 4 * S


def test_what_is_not_of_this_station_is_not_shown() -> None:
    board, effects = SensorStatus([]), Effects()
    board.on_link_event(event(1, LinkState.LIVE), effects)
    board.on_sample(sample(1, Code.BATTERY_PERCENT, 3.0), effects)
    assert effects.outputs == []
