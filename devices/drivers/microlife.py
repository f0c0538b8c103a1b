"""Microlife BP3GY1-2N, B4 BT and relatives."""

from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.errors import LinkTimeoutError
from devices.link.connection import Connection
from protocols.ble import microlife
from protocols.ble.date_time import DateTime
from protocols.ble.microlife import Command, Frame, MicrolifeFramer, encode_frame

# Its memory of a hundred readings takes some seconds at 20 bytes a notification.
RECORDS_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 5.0


class Microlife(Driver):
    """Set its clock, ask for everything it has stored, and say goodbye."""

    family = "microlife"
    title = "Microlife BP3GY1-2N, B4 BT"
    required = (microlife.WRITE, microlife.NOTIFY)
    subscriptions = (microlife.NOTIFY,)
    data = frozenset({microlife.NOTIFY})
    episodic = True

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: service FFF0 is countless gadgets'."""
        return advertisement.name.startswith(microlife.NAME_PREFIXES)

    async def start(self, connection: Connection) -> None:
        """A cuff that does not take the time still has readings."""
        await self.subscribe(connection)
        if connection.local_time is None or not self.sets_clock:
            return
        clock = DateTime.from_datetime(connection.local_time())
        try:
            await self._ask(connection, microlife.set_time(clock), _acknowledgement, ANSWER_TIMEOUT_S)
        except LinkTimeoutError:
            return

    async def keep_alive(self, connection: Connection) -> None:
        """One question, one long answer."""
        await self._ask(connection, microlife.GET_RECORDS, _records, RECORDS_TIMEOUT_S)

    async def farewell(self, connection: Connection) -> None:
        """It shows an error to a host that leaves without a word."""
        await connection.write(microlife.WRITE, encode_frame(microlife.DISCONNECT))

    async def _ask(
        self, connection: Connection, question: Frame, is_answer: Callable[[Frame], bool], timeout_s: float
    ) -> None:
        framer = MicrolifeFramer()

        def accept(payload: bytes) -> bool | None:
            answers = [frame for frame in framer.feed(payload) if isinstance(frame, Frame)]
            return any(is_answer(frame) for frame in answers) or None

        await connection.request(
            microlife.WRITE,
            encode_frame(question),
            answer_on=microlife.NOTIFY,
            accept=accept,
            timeout_s=timeout_s,
        )


def _acknowledgement(frame: Frame) -> bool:
    return frame.content[:1] in (bytes((Command.ACKNOWLEDGED,)), bytes((Command.REFUSED,)))


def _records(frame: Frame) -> bool:
    # Whatever else it says is short; the answer to this question is the only long frame.
    return not _acknowledgement(frame)
