"""Frames of all sensors to samples and blocks on the station's clock. Never raises over what came in."""

from collections.abc import Mapping, Sequence

from devices.frames import Frame, LinkEvent, LinkState
from monitor.ingest.errors import UnknownFamilyError
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.readers import battery
from monitor.ingest.readers.berrymed import BerryMedReader
from monitor.ingest.readers.blood_pressure import (
    AndMedicalReader,
    BeurerReader,
    BloodPressureReader,
    OmronReader,
)
from monitor.ingest.readers.bluest import BlueStReader
from monitor.ingest.readers.cms50d_bt import Cms50dBtReader
from monitor.ingest.readers.colmi_ring import ColmiRingReader
from monitor.ingest.readers.concept2_pm5 import Concept2Pm5Reader
from monitor.ingest.readers.cycling_power import CyclingPowerReader
from monitor.ingest.readers.cycling_speed_cadence import CyclingSpeedCadenceReader
from monitor.ingest.readers.fitness_machine import FitnessMachineReader
from monitor.ingest.readers.fitshow import FitShowReader
from monitor.ingest.readers.fora import ForaReader
from monitor.ingest.readers.health_thermometer import HealthThermometerReader
from monitor.ingest.readers.heart_rate import HeartRateReader
from monitor.ingest.readers.jks50f import Jks50fReader
from monitor.ingest.readers.jumper import JumperReader
from monitor.ingest.readers.metamotion import MetaMotionReader
from monitor.ingest.readers.microlife import MicrolifeReader
from monitor.ingest.readers.mightysat import MightySatReader
from monitor.ingest.readers.movella_dot import MovellaDotReader
from monitor.ingest.readers.movesense import MovesenseReader
from monitor.ingest.readers.nonin import NoninReader
from monitor.ingest.readers.omron_memory import OmronMemoryReader
from monitor.ingest.readers.pc60fw import Pc60FwReader
from monitor.ingest.readers.polar_pmd import PolarPmdReader
from monitor.ingest.readers.pulse_oximeter import PulseOximeterReader
from monitor.ingest.readers.qardioarm import QardioArmReader
from monitor.ingest.readers.running_speed_cadence import RunningSpeedCadenceReader
from monitor.ingest.readers.sensortag import SensorTagReader
from monitor.ingest.readers.thingy52 import Thingy52Reader
from monitor.ingest.readers.viatom_bp2 import ViatomBp2Reader
from monitor.ingest.readers.viatom_o2 import ViatomO2Reader
from monitor.ingest.readers.viatom_oxyii import ViatomOxyIIReader
from monitor.ingest.readers.walkingpad import WalkingPadReader
from monitor.ingest.readers.witmotion import WitMotionReader
from monitor.ingest.readers.yonker import YonkerReader
from monitor.ingest.readers.yuwell import YuwellReader
from monitor.ingest.station_clock import StationClock
from monitor.inputs import ClockAnchor
from monitor.samples import DecodeFailure
from monitor.sensors import SensorConfig
from protocols.ble.codec.errors import DecodeError

OXIMETERS: tuple[type[Reader], ...] = (
    PulseOximeterReader,
    BerryMedReader,
    Cms50dBtReader,
    JumperReader,
    MightySatReader,
    NoninReader,
    Pc60FwReader,
    ViatomO2Reader,
    ViatomOxyIIReader,
    Jks50fReader,
    YuwellReader,
)
CUFFS: tuple[type[Reader], ...] = (
    BloodPressureReader,
    AndMedicalReader,
    BeurerReader,
    ForaReader,
    MicrolifeReader,
    OmronReader,
    OmronMemoryReader,
    QardioArmReader,
    ViatomBp2Reader,
    YonkerReader,
)
STRAPS: tuple[type[Reader], ...] = (HeartRateReader, ColmiRingReader)
IMUS: tuple[type[Reader], ...] = (
    BlueStReader,
    MetaMotionReader,
    MovellaDotReader,
    MovesenseReader,
    PolarPmdReader,
    SensorTagReader,
    Thingy52Reader,
    WitMotionReader,
)
MACHINES: tuple[type[Reader], ...] = (
    FitnessMachineReader,
    Concept2Pm5Reader,
    WalkingPadReader,
    FitShowReader,
    CyclingPowerReader,
    CyclingSpeedCadenceReader,
    RunningSpeedCadenceReader,
)
THERMOMETERS: tuple[type[Reader], ...] = (HealthThermometerReader,)
READERS: Mapping[str, type[Reader]] = {
    reader.family: reader for reader in (*OXIMETERS, *CUFFS, *STRAPS, *IMUS, *MACHINES, *THERMOMETERS)
}


ON_THE_WAY = frozenset({LinkState.CONNECTING, LinkState.DISCOVERING, LinkState.SUBSCRIBING})
CONNECTED = frozenset({LinkState.SUBSCRIBING, LinkState.LIVE})
GONE = frozenset({LinkState.SEARCHING, LinkState.LOST, LinkState.BACKING_OFF, LinkState.GIVEN_UP})


class Ingest:
    """One reader a sensor.

    Raises:
        UnknownFamilyError: a sensor's family has no reader.
    """

    def __init__(self, sensors: Sequence[SensorConfig], *, start_ns: int | None = None) -> None:
        self._station = StationClock(start_ns)
        self._links: dict[str, LinkState] = {}
        self._readers: dict[str, Reader] = {}
        for config in sensors:
            if config.family not in READERS:
                raise UnknownFamilyError(config.device, config.family, tuple(sorted(READERS)))
            self._readers[config.device] = READERS[config.family](config, self._station)
        # The readers that let a frame wait: asked with every input, so only they.
        self._waiting = [reader for reader in self._readers.values() if reader.waits]

    def feed(self, frame: Frame) -> list[Measured]:
        """What `frame` says; a frame that cannot be read is a `DecodeFailure`.

        Frames of devices that do not belong to the session say nothing.
        """
        reader = self._readers.get(frame.device)
        if reader is None:
            return []
        try:
            if frame.characteristic == battery.LEVEL:
                return battery.read_level(reader, frame)
            return reader.read(frame)
        except DecodeError as error:
            return [
                DecodeFailure(
                    device=frame.device,
                    characteristic=frame.characteristic,
                    received_ns=frame.received_ns,
                    reason=str(error),
                )
            ]

    def is_stream(self, frame: Frame) -> bool:
        """Whether the bytes of this characteristic change all the time on a healthy device."""
        reader = self._readers.get(frame.device)
        return reader is not None and frame.characteristic in reader.streams

    def link(self, event: LinkEvent) -> list[Measured]:
        """The link of a device moved: a visit begins or ends. What had waited for it."""
        reader = self._readers.get(event.device)
        if reader is None:
            return []
        before, state = self._links.get(event.device), event.state
        self._links[event.device] = state
        out: list[Measured] = []
        if state is LinkState.LIVE:
            # Cuffs send before the link counts as live: their visit began with the connection.
            if before not in ON_THE_WAY:
                out = reader.arrived()
            reader.connected()
        elif state is LinkState.CONNECTING:
            out = reader.arrived()
        elif state in GONE:
            out = reader.left(complete=state is LinkState.SEARCHING and before in CONNECTED)
        return out

    def connected(self, device: str) -> None:
        """The link of `device` is live anew."""
        if device in self._readers:
            self._readers[device].connected()

    @property
    def next_due_ns(self) -> int | None:
        """When `pass_time` will have something to say."""
        due_ns: int | None = None
        for reader in self._waiting:
            if reader.due_ns is not None and (due_ns is None or reader.due_ns < due_ns):
                due_ns = reader.due_ns
        return due_ns

    def pass_time(self, now_ns: int) -> list[Measured]:
        """What time alone has decided by `now_ns`."""
        return [measured for reader in self._waiting for measured in reader.pass_time(now_ns)]

    def anchor(self, anchor: ClockAnchor) -> None:
        """The wall clock was read: devices' own timestamps can be judged from now on."""
        self._station.anchor(anchor)
