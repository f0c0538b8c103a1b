"""Peripherals made for the radio's tests."""

import asyncio
from collections.abc import Sequence

from simulators.peripherals.peripheral import Peripheral
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Security, Service
from simulators.radio.link_layer.link import LinkBehaviour

VALUES = "0000ffe4-0000-1000-8000-00805f9b34fb"
COMMANDS = "0000ffe9-0000-1000-8000-00805f9b34fb"
RECORDS = "12345678-1234-5678-1234-56789abcdef0"


class Streamer(Peripheral):
    """Counts in 4 bytes at a rate to whoever listens."""

    def __init__(
        self,
        name: str = "Streamer",
        *,
        rate_hz: float = 100.0,
        behaviour: LinkBehaviour | None = None,
        address: str | None = None,
        public_address: bool = False,
    ) -> None:
        super().__init__(name=name, address=address, public_address=public_address)
        self.rate_hz = rate_hz
        self.behaviour = behaviour or LinkBehaviour()
        self.sent = 0
        self.sent_at_s: list[float] = []
        self.reasons: list[int] = []
        self.values = Characteristic(uuid=VALUES, notify=True, descriptors={0x2901: b"counter"})

    @property
    def advertisement(self) -> Advertisement:
        return Advertisement(service_uuids=(0xFFE5,), tx_power_dbm=-4)

    def services(self) -> Sequence[Service]:
        return [Service(uuid=0xFFE5, characteristics=[self.values])]

    def on_disconnected(self, reason: int) -> None:
        self.reasons.append(reason)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        async for _ in self.ticks(1.0 / self.rate_hz):
            if self.is_subscribed(self.values):
                self.notify(self.values, self.sent.to_bytes(4, "little"))
                self.sent += 1
                self.sent_at_s.append(loop.time())


class Recorder(Peripheral):
    """Indicates what it has stored, takes commands, hides a secret behind `security`."""

    def __init__(
        self,
        name: str = "Recorder",
        *,
        security: Security = Security.OPEN,
        passkey: int | None = None,
        records: Sequence[bytes] = (b"one", b"two"),
    ) -> None:
        super().__init__(name=name)
        self.passkey = passkey
        self.records = list(records)
        self.commands: list[bytes] = []
        self.secret = Characteristic(uuid=0xFFEC, read=b"secret", security=security)
        self.command = Characteristic(uuid=COMMANDS, write=self._on_command, without_response=True)
        self.record = Characteristic(uuid=RECORDS, indicate=True, security=security)
        self.long = Characteristic(uuid=0xFFEA, read=bytes(range(256)) * 2)
        self.refusing = Characteristic(uuid=0xFFEB, read=b"", write=self._refuse)

    @property
    def advertisement(self) -> Advertisement:
        return Advertisement(service_uuids=(RECORDS,), manufacturer_data={0x0059: b"\x01"})

    def services(self) -> Sequence[Service]:
        characteristics = [self.secret, self.command, self.record, self.long, self.refusing]
        return [Service(uuid=RECORDS, characteristics=characteristics)]

    async def run(self) -> None:
        while self.records:
            await self.wait_for(lambda: self.is_subscribed(self.record))
            if await self.indicate(self.record, self.records[0]):
                self.records.pop(0)

    async def _on_command(self, value: bytes) -> None:
        await asyncio.sleep(0.001)
        self.commands.append(value)

    @staticmethod
    def _refuse(_: bytes) -> None:
        raise WriteRefusedError(0x80)
