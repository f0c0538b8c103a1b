"""What is tried with the whole service: sensors in, counted repetitions and alerts out, nothing lost."""

import asyncio
import shutil
from pathlib import Path

from monitor.alerts.transition import AlertState
from monitor.app import STORE_NAME
from monitor.samples import Code
from monitor.store.store import Store
from protocols.ble import blood_pressure as blp
from protocols.ble.blood_pressure import BloodPressureMeasurement
from simulators.radio.air import VirtualRadio
from simulators.scenario import loader as scenario
from simulators.scenario.world import World
from tests.bluez.guest.cuff import BondingCuff
from tests.bluez.guest.report import Report, Step
from tests.bluez.guest.service import SCRATCH, SESSIONS, Service, Therapist, running_service

SCENARIO = Path(__file__).with_name("session.toml")
CUFF_ADDRESS = "C4:0F:F0:00:00:06"
STREAMING = ("oximeter", "strap", "thigh-imu", "shank-imu")

# The scenario's own length: its events come when they come.
SCENARIO_S = 200.0


async def all_service_steps(report: Report, radio: VirtualRadio, results: Path) -> None:
    """A session from the first advertisement to the last confirmation."""
    world = World(scenario.load(SCENARIO), radio)
    cuff = BondingCuff(name="Cuff 0006", address=CUFF_ADDRESS)
    async with running_service(SCRATCH / "service.log") as service:
        with report.step("the service starts, and a therapist logs in"):
            login = await service.login()
            therapist = Therapist(login)
        listening = asyncio.create_task(therapist.feed.run(), name="therapist")
        living = asyncio.create_task(world.run(), name="world")
        await radio.add(cuff)
        try:
            await _session(report, service, therapist, cuff, world)
        finally:
            for task in (living, listening):
                task.cancel()
            await asyncio.wait([living, listening])
    shutil.copytree(SESSIONS, results / "sessions")


async def _session(
    report: Report, service: Service, therapist: Therapist, cuff: BondingCuff, world: World
) -> None:
    with report.step("four links are live in the service") as step:
        await therapist.until("four live links", lambda: therapist.is_live(*STREAMING))
        step.figures["after_s"] = round(world.elapsed_s(), 1)
    with report.step("a bonded cuff's reading reaches the therapist"):
        cuff.measure(_record(131))
        await therapist.until("systolic 131", lambda: therapist.value(Code.SYSTOLIC_MMHG) == 131.0)
        assert cuff.delivered == [_record(131)]
    with report.step("two IMUs are calibrated, and a set is counted") as step:
        await _exercise(step, service, therapist, world)
    with report.step("a fall of saturation reaches the therapist, who acknowledges it"):
        await _desaturation(therapist)
    with report.step("the session ends in order: every alert confirmed, the reading kept") as step:
        assert await service.end() == 0
        _look_into_the_store(step)


async def _exercise(step: Step, service: Service, therapist: Therapist, world: World) -> None:
    service.press("c")
    await therapist.until("calibration", lambda: therapist.phase == "calibration")
    await therapist.until("calibrated", lambda: therapist.phase == "before", patience_s=SCENARIO_S)
    service.press("b")
    await therapist.until("exercise", lambda: therapist.phase == "exercise")
    step.figures["begun_after_s"] = round(world.elapsed_s(), 1)
    (done,) = world.truth.sets
    await therapist.until(
        f"{len(done.repetitions)} repetitions",
        lambda: len(therapist.repetitions) >= len(done.repetitions),
        patience_s=SCENARIO_S,
    )
    assert therapist.repetitions[-1].total == len(done.repetitions)
    assert done.rom_deg is not None
    mean_deg = sum(therapist.ranges_deg) / len(therapist.ranges_deg)
    step.figures["rom_deg"], step.figures["rom_true_deg"] = round(mean_deg, 1), round(done.rom_deg, 1)
    # What the demonstration asks of the same movement is 3 degrees; here the radio stutters as well.
    assert abs(mean_deg - done.rom_deg) <= 5.0


async def _desaturation(therapist: Therapist) -> None:
    await therapist.until(
        "desaturation", lambda: therapist.alert("G1", AlertState.FIRING) is not None, patience_s=SCENARIO_S
    )
    fired = therapist.alert("G1", AlertState.FIRING)
    assert fired is not None
    assert therapist.session is not None
    therapist.feed.acknowledge(therapist.session, fired.alert_id)
    await therapist.until("acknowledged", lambda: therapist.alert("G1", AlertState.ACKNOWLEDGED) is not None)


def _look_into_the_store(step: Step) -> None:
    with Store(SESSIONS / STORE_NAME) as store:
        (session,) = store.sessions()
        readings = store.spot_readings(session.session_id)
        step.figures["spot_readings"] = len(readings)
        assert [reading.payload for reading in readings] == [_record(131)]
        assert store.open_rows() == []
        assert store.audit_break() is None


def _record(systolic: int) -> bytes:
    return blp.encode_measurement(
        BloodPressureMeasurement(systolic=systolic, diastolic=80.0, mean_arterial_pressure=97.0)
    )
