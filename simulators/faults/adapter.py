"""The adapter, and the service in front of it, as a whole: scans that die, resets."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bumble.hci import HCI_ErrorCode

from simulators.faults.bluez_errors import MakeError, not_ready
from simulators.faults.schedule import End, Fault
from simulators.faults.stages import StageFails, at_stages
from simulators.radio.fault_hooks import HookCall, HookPoint
from simulators.radio.link_layer.controller import Heard

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio


@dataclass(frozen=True, kw_only=True)
class SilentScan(Fault):
    """Running scans hear nothing more and do not say so; one that is started anew hears."""

    async def begin(self, radio: "VirtualRadio") -> End:
        """Fall silent."""
        silent = True

        async def hook(passage: HookCall) -> None:
            nonlocal silent
            if passage.stage is HookPoint.SCAN:
                silent = False

        def lets_hear(_: Heard) -> bool:
            return not silent

        radio.fault_hooks.heard.append(lets_hear)
        remove = at_stages(radio, hook)

        async def end() -> None:
            radio.fault_hooks.heard.remove(lets_hear)
            await remove()

        return end


@dataclass(frozen=True, kw_only=True)
class AdapterReset(Fault):
    """The adapter, or bluetoothd, goes down and comes back when the fault ends.

    The station's ends of all links are gone at once, the peripherals notice by supervision timeout; scans
    fall silent; whatever is tried meanwhile fails with `error`.
    """

    error: MakeError = not_ready

    async def begin(self, radio: "VirtualRadio") -> End:
        """Go down."""
        for connection in list(radio.adapter.ends.values()):
            connection.air.abandon(0, HCI_ErrorCode.CONNECTION_TERMINATED_BY_LOCAL_HOST_ERROR)
        end = await StageFails(stages=frozenset(HookPoint), error=self.error).begin(radio)
        # Never ended: a scan that was silenced stays so until one is started anew, once that works again.
        await SilentScan().begin(radio)
        return end
