"""IMUs: rates set and read back, what is started, what a locked or mute sensor does."""

import pytest

from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.errors import OptionError
from devices.frames import LinkState
from protocols.ble import (
    movella_dot_device,
    movesense,
    polar_pmd,
    polar_pmd_control,
    sensortag,
    thingy52,
    witmotion,
)
from tests.devices.links import running
from tests.support.products import (
    Product,
    dot_imu,
    metamotion_imu,
    movesense_imu,
    polar_sensor,
    sensortag_imu,
    thingy_imu,
    wit_imu,
)
from tests.support.scripted_link import Air, live, until
from tests.support.virtual_time import in_virtual_time


def written(product: Product, characteristic: str) -> list[str]:
    return [w.split()[1] for w in product.device.operations("write") if w.startswith(characteristic)]


@in_virtual_time
async def test_a_witmotion_is_unlocked_set_to_100_hz_and_asked() -> None:
    product = wit_imu()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        assert written(product, witmotion.WRITE)[:3] == ["ffaa6988b5", "ffaa030900", "ffaa270300"]
        await until(lambda: len(written(product, witmotion.WRITE)) >= 4)
        # The battery is asked for, and answers in the stream.
        assert written(product, witmotion.WRITE)[3] == "ffaa276400"
        await until(lambda: len(taken.payloads(witmotion.NOTIFY)) == 4)


@in_virtual_time
async def test_a_witmotion_at_another_rate() -> None:
    product = wit_imu()
    product.options["rate_hz"] = 50
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        assert "ffaa030800" in written(product, witmotion.WRITE)


@in_virtual_time
async def test_a_locked_witmotion_is_not_taken_for_a_fast_one() -> None:
    product = wit_imu(locked=True)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.BACKING_OFF in taken.states)
        assert "output rate should be 9, the device says 6" in taken.events[-1].reason
        assert LinkState.LIVE not in taken.states
        assert written(product, witmotion.WRITE).count("ffaa030900") == 3


@in_virtual_time
async def test_a_witmotion_that_does_not_answer_for_its_rate_may_stream() -> None:
    product = wit_imu(mute=True)
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        assert LinkState.BACKING_OFF not in taken.states


@pytest.mark.parametrize("silent_s", [1.9, 2.1])
@in_virtual_time
async def test_two_seconds_of_a_silent_witmotion_are_too_many(silent_s: float) -> None:
    product = wit_imu(mute=True)
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        product.talk()
        with pytest.raises(TimeoutError):
            await until(lambda: False, within_s=silent_s)
        assert (LinkState.LOST in taken.states) is (silent_s > 2.0)


@in_virtual_time
async def test_a_dot_is_stopped_set_and_started_in_that_order() -> None:
    product = dot_imu()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        writes = [detail for _, what, detail in product.device.log if what == "write"]
        assert writes[0] == f"{movella_dot_device.CONTROL} 010015"
        assert writes[1].startswith(movella_dot_device.DEVICE_CONTROL)
        assert writes[2] == f"{movella_dot_device.CONTROL} 010115"
        settings = movella_dot_device.decode_device_control(bytes.fromhex(writes[1].split()[1]))
        assert settings.output_rate_hz == 60
        assert settings.apply is movella_dot_device.Apply.OUTPUT_RATE
        await until(lambda: taken.payloads(movella_dot_device.BATTERY))
    assert product.device.operations("write")[-1] == f"{movella_dot_device.CONTROL} 010015"


@in_virtual_time
async def test_a_dot_that_is_set_already_is_left_alone() -> None:
    product = dot_imu()
    product.options["rate_hz"] = 30
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        assert written(product, movella_dot_device.DEVICE_CONTROL) == []


@pytest.mark.parametrize("make", [dot_imu, thingy_imu])
@in_virtual_time
async def test_a_rate_that_was_not_taken_is_not_silently_accepted(make: type) -> None:
    product = make(takes_rate=False)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.BACKING_OFF in taken.states)
        assert "rate should be" in taken.events[-1].reason
        assert LinkState.LIVE not in taken.states


@in_virtual_time
async def test_a_thingy_is_set_before_it_runs() -> None:
    product = thingy_imu()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        order = [what for _, what, detail in product.device.log if detail.startswith("ef68")]
        assert order == ["read", "write", "read", "subscribe"]
        (settings,) = written(product, thingy52.CONFIGURATION)
        assert thingy52.decode_configuration(bytes.fromhex(settings)).motion_rate_hz == 100


@in_virtual_time
async def test_a_metamotion_is_stopped_before_it_is_started() -> None:
    product = metamotion_imu()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        commands = written(product, product.device.operations("write")[0].split()[0])
        assert commands[0] == "190100"
        assert commands[-2:] == ["19030300", "190101"]


@pytest.mark.parametrize(("status", "goes_live"), [(200, True), (404, False)])
@in_virtual_time
async def test_a_movesense_says_whether_it_takes_the_subscription(status: int, goes_live: bool) -> None:
    product = movesense_imu(status=status)
    async with running(Air(product.device), product.config) as (link, _):
        await until(lambda: link.state in (LinkState.LIVE, LinkState.BACKING_OFF))
        assert (link.state is LinkState.LIVE) is goes_live
        assert bytes.fromhex(written(product, movesense.WRITE)[0]) == b"\x01\x63/Meas/IMU6/104"


@in_virtual_time
async def test_a_polar_is_asked_what_it_has_and_told_the_best_of_it() -> None:
    product = polar_sensor()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        requests = [
            polar_pmd_control.decode_request(bytes.fromhex(w))
            for w in written(product, polar_pmd.CONTROL_POINT)
        ]
        assert [(r.opcode.name, r.measurement.name) for r in requests] == [
            ("GET_SETTINGS", "ACC"),
            ("START", "ACC"),
            ("GET_SETTINGS", "GYR"),
            ("START", "GYR"),
        ]
        assert {s.kind.name: s.values for s in requests[1].settings} == {
            "RATE_HZ": (52,),
            "RESOLUTION_BITS": (16,),
            "RANGE": (8,),
        }
        assert product.device.operations("subscribe")[0] == polar_pmd.CONTROL_POINT
        assert product.device.operations("connect") == ["pair"]
        assert taken.frames(polar_pmd.CONTROL_POINT)
    stops = written(product, polar_pmd.CONTROL_POINT)[-2:]
    assert stops == ["0302", "0305"]


@pytest.mark.parametrize(("error", "goes_live"), [(0, True), (6, True), (5, False)])
@in_virtual_time
async def test_a_polar_stream_that_runs_already_is_as_good(error: int, goes_live: bool) -> None:
    product = polar_sensor(error=error)
    async with running(Air(product.device), product.config) as (link, _):
        await until(lambda: link.state in (LinkState.LIVE, LinkState.BACKING_OFF))
        assert (link.state is LinkState.LIVE) is goes_live


@in_virtual_time
async def test_a_polar_without_the_wanted_streams_says_so() -> None:
    product = polar_sensor()
    product.options["streams"] = "ecg ppi"
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.BACKING_OFF in taken.states)
        assert "streams should be ecg ppi" in taken.events[-1].reason


@in_virtual_time
async def test_pp_intervals_have_no_settings() -> None:
    product = polar_sensor()
    features = polar_pmd_control.Features(bits=1 << polar_pmd.Measurement.PPI)
    product.device.characteristics[polar_pmd.CONTROL_POINT].value = polar_pmd_control.encode_features(
        features
    )
    product.options["streams"] = "ppi"
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        assert written(product, polar_pmd.CONTROL_POINT) == ["0203"]


@in_virtual_time
async def test_the_lowest_rate_of_a_polar_is_better_than_none() -> None:
    product = polar_sensor()
    product.options |= {"rate_hz": 10, "streams": "acc"}
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        start = polar_pmd_control.decode_request(bytes.fromhex(written(product, polar_pmd.CONTROL_POINT)[1]))
        assert (26,) in [setting.values for setting in start.settings]


@in_virtual_time
async def test_a_sensortag_is_set_read_back_and_left_asleep() -> None:
    product = sensortag_imu()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        assert written(product, sensortag.PERIOD) == ["0a"]
        assert written(product, sensortag.CONFIGURATION) == ["3f02"]
    assert written(product, sensortag.CONFIGURATION) == ["3f02", "0002"]


@in_virtual_time
async def test_a_sensortag_that_keeps_its_own_rate_is_not_believed() -> None:
    product = sensortag_imu(keeps=False)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.BACKING_OFF in taken.states)
        assert "period should be 100 ms, the device says 1000 ms" in taken.events[-1].reason


@pytest.mark.parametrize(("rate_hz", "period"), [(10, "0a"), (5, "14"), (0.4, "fa")])
@in_virtual_time
async def test_a_sensortag_can_be_slower(rate_hz: float, period: str) -> None:
    product = sensortag_imu()
    product.options["rate_hz"] = rate_hz
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        assert written(product, sensortag.PERIOD) == [period]


@pytest.mark.parametrize("rate_hz", [0, -1, 20, 0.1])
def test_a_sensortag_cannot_be_faster_than_it_is(rate_hz: float) -> None:
    config = DeviceConfig(device="imu", family="sensortag", options={"rate_hz": rate_hz})
    with pytest.raises(OptionError, match=r"0\.4 to 10"):
        driver_for(config)
