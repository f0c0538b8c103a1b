"""One connection on the air: two ends, a queue in each direction, connection events, and its end.

A real link moves data only at connection events, every 7.5 ms to 4 s. What a sensor produced in between
arrives together: a 100 Hz stream on a 30 ms interval comes in bursts of three. Nothing is lost on the way
(the link layer repeats until it is acknowledged), it is only late; what is lost is lost before, when the
sensor's transmit buffer is full, or after, when the link has ended.

Timers run only for events that have something to carry.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bumble import ll
from bumble.hci import HCI_ErrorCode

# Data channel payload with the data length extension (Core 5.4, Vol 6 Part B 2.4); L2CAP adds 4 bytes.
PACKET_BYTES = 251
L2CAP_HEADER_BYTES = 4

# Shortest time from the antenna to the application's callback: packet on air, HCI, a wake-up of the host.
LEAST_LATENCY_S = 0.0004


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBehaviour:
    """How a peripheral's links behave. The defaults are those of a phone or BlueZ with a sensor beside it.

    `interval_s` and `supervision_timeout_s` are what the peripheral asks for and the central grants.
    `packets_per_event` bounds each direction (peripherals' stacks and phones move 4 to 7). `jitter_s` is the
    mean of the exponential delay between a connection event and the host's hearing of it.
    `event_loss_rate` is the share of connection events whose packets must be repeated at the next one.
    `transmit_buffer_packets` bounds what the peripheral can have waiting: a notification beyond it is lost
    in the sensor, as it is in the products.
    """

    interval_s: float = 0.030
    supervision_timeout_s: float = 4.0
    packets_per_event: int = 6
    jitter_s: float = 0.0006
    event_loss_rate: float = 0.0
    transmit_buffer_packets: int = 32


class LinkEnd(Protocol):
    """One end of a link, as its controller sees it."""

    handle: int

    def on_payload(self, cid: int, payload: bytes) -> None:
        """L2CAP payload from the other end."""

    def on_control(self, packet: ll.ControlPdu) -> None:
        """A link layer control packet from the other end."""

    def on_ended(self, reason: int) -> None:
        """The link has ended for this end."""


class AirTime:
    """What one adapter's radio can carry in all: links share its time, and stand back when it is used up."""

    def __init__(self, packets_per_s: float) -> None:
        self._rate_per_s = packets_per_s
        # A quarter of a second's worth may be used at once.
        self._most = max(1.0, packets_per_s / 4)
        self._left = self._most
        self._counted_s = asyncio.get_running_loop().time()

    def take(self, packets: int) -> bool:
        """Use time for that many packets, if there is any left."""
        now_s = asyncio.get_running_loop().time()
        self._left = min(self._most, self._left + (now_s - self._counted_s) * self._rate_per_s)
        self._counted_s = now_s
        if self._left < 1.0:
            return False
        self._left -= packets
        return True


class AirLink:
    """A connection between two controllers. Side 0 is the central's, side 1 the peripheral's."""

    def __init__(
        self,
        *,
        behaviour: LinkBehaviour,
        rng: Random,
        in_range: Callable[[], bool],
        airtime: Callable[[], AirTime | None],
    ) -> None:
        self.behaviour = behaviour
        self.interval_s = behaviour.interval_s
        self.supervision_timeout_s = behaviour.supervision_timeout_s
        self.ends: Sequence[LinkEnd] = ()
        self.lost_events = 0
        self._rng = rng
        self._in_range = in_range
        self._airtime = airtime
        self._loop = asyncio.get_running_loop()
        # Waiting packets by the sending side: (queued at, channel, payload), a control packet, or an ending.
        self._queues: tuple[deque[_Waiting], deque[_Waiting]] = (deque(), deque())
        # The peripheral's phase is its own: two sensors on one adapter do not share their connection events.
        self._anchor_s = self._loop.time() + 0.00125 + rng.random() * self.interval_s
        self._next_event: asyncio.TimerHandle | None = None
        self._supervision: asyncio.TimerHandle | None = None
        self._is_open = True
        self._gone: set[int] = set()

    def waiting(self, side: int) -> int:
        """How many packets that side has sent and the other not yet received."""
        return len(self._queues[side])

    def send(self, side: int, cid: int, payload: bytes) -> None:
        """Queue an L2CAP payload from that side."""
        if self._is_open:
            self._queues[side].append((self._loop.time(), cid, payload))
            self._resume()

    def send_control(self, side: int, packet: ll.ControlPdu) -> None:
        """Queue a link layer control packet from that side, behind the data already waiting."""
        if self._is_open:
            self._queues[side].append((self._loop.time(), -1, packet))
            self._resume()

    def terminate(self, side: int, reason: int) -> None:
        """End the link from that side once what it has queued is delivered, or by the supervision timeout."""
        self.send_control(side, ll.TerminateInd(reason))

    def update(self, *, interval_s: float, supervision_timeout_s: float) -> None:
        """Take new connection parameters from now on."""
        self.interval_s = interval_s
        self.supervision_timeout_s = supervision_timeout_s
        self._anchor_s = self._loop.time() + 0.00125 + self._rng.random() * interval_s
        if self._next_event is not None:
            self._next_event.cancel()
            self._next_event = None
            self._resume()

    def on_range_changed(self) -> None:
        """One of the ends left the other's range, or came back."""
        if not self._is_open:
            return
        if self._is_reachable():
            if self._supervision is not None:
                self._supervision.cancel()
                self._supervision = None
            self._resume()
        elif self._supervision is None:
            timeout = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
            self._supervision = self._loop.call_later(
                self.supervision_timeout_s, self.close, timeout, timeout
            )

    def abandon(self, side: int, reason: int) -> None:
        """End the link at one side now, without a word: the other side's ends by supervision timeout."""
        if not self._is_open or side in self._gone:
            return
        self._gone.add(side)
        self.ends[side].on_ended(reason)
        for queue in self._queues:
            queue.clear()
        self.on_range_changed()

    def close(self, central_reason: int, peripheral_reason: int) -> None:
        """End the link now; both ends' hosts are told, what was still queued is gone."""
        if not self._is_open:
            return
        self._is_open = False
        for timer in (self._next_event, self._supervision):
            if timer is not None:
                timer.cancel()
        for queue in self._queues:
            queue.clear()
        for side, reason in enumerate((central_reason, peripheral_reason)):
            if side not in self._gone:
                self.ends[side].on_ended(reason)

    def _resume(self) -> None:
        """Time the next connection event that has something to carry, unless it is timed already."""
        if self._next_event is not None or not self._is_open or not (self._queues[0] or self._queues[1]):
            return
        now = self._loop.time()
        events = math.floor((now - self._anchor_s) / self.interval_s) + 1
        event_s = self._anchor_s + max(events, 0) * self.interval_s
        delay_s = LEAST_LATENCY_S
        if self.behaviour.jitter_s:
            delay_s += min(self._rng.expovariate(1.0 / self.behaviour.jitter_s), self.interval_s / 2)
        self._next_event = self._loop.call_at(event_s + delay_s, self._on_event, event_s)

    def _on_event(self, event_s: float) -> None:
        """Carry what was waiting when the connection event began."""
        self._next_event = None
        if not self._is_reachable():
            return  # `on_range_changed` goes on, or the supervision timeout ends the link
        if self._is_missed():
            self.lost_events += 1
        else:
            for side in (0, 1):
                self._carry(side, event_s)
        self._resume()

    def _is_reachable(self) -> bool:
        return not self._gone and self._in_range()

    def _is_missed(self) -> bool:
        airtime = self._airtime()
        most = self.behaviour.packets_per_event
        if airtime is not None and not airtime.take(sum(min(len(queue), most) for queue in self._queues)):
            return True
        loss_rate = self.behaviour.event_loss_rate
        return bool(loss_rate) and self._rng.random() < loss_rate

    def _carry(self, side: int, event_s: float) -> None:
        queue = self._queues[side]
        receiver = self.ends[1 - side]
        room = self.behaviour.packets_per_event
        while queue and room > 0 and queue[0][0] <= event_s:
            _, cid, payload = queue.popleft()
            if isinstance(payload, bytes):
                room -= -(-(len(payload) + L2CAP_HEADER_BYTES) // PACKET_BYTES)
                receiver.on_payload(cid, payload)
            elif isinstance(payload, ll.TerminateInd):
                reasons = [int(payload.error_code)] * 2
                reasons[side] = HCI_ErrorCode.CONNECTION_TERMINATED_BY_LOCAL_HOST_ERROR
                self.close(*reasons)
            else:
                receiver.on_control(payload)
                # What it changes (encryption, say) reaches the host as an HCI event; data that come after it
                # must not overtake that, so they wait for the next connection event.
                return


_Waiting = tuple[float, int, bytes | ll.ControlPdu]
