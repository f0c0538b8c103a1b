"""What we ask of BlueZ beyond bleak: release, forget, and an agent that answers for one device."""

import pytest
from dbus_fast import Message, MessageType

from devices.adapter.bluez import AGENT, BlueZ, PairingAgent
from devices.adapter.host_stack import NoHostStack
from devices.adapter.radio import Radio
from devices.drivers.beurer import Beurer
from devices.drivers.blood_pressure import BloodPressureCuff
from devices.drivers.driver import DeviceConfig
from devices.frames import LinkState
from tests.bluez.bluez_objects import ADAPTER_PATH
from tests.bluez.fake_bluez import FakeBlueZ
from tests.bluez.gatt_devices import bonding_cuff, heart_rate_strap
from tests.bluez.links import linked
from tests.bluez.private_bus import PrivateBus
from tests.support.scripted_link import Air

CUFF = "/org/bluez/hci0/dev_C0_00_00_00_00_02"


def test_a_real_radio_asks_bluez_and_a_simulated_one_nobody() -> None:
    assert isinstance(Radio().host_stack, BlueZ)
    assert isinstance(Radio(Air().client_backend, Air().scanner_backend).host_stack, NoHostStack)


async def test_release_ends_a_connection_that_a_crash_left_open(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    strap.paired = True
    async with FakeBlueZ(bus.address, strap) as bluez:
        strap.connected = True
        await BlueZ().release(strap.address.lower())
        assert not strap.connected
        await BlueZ().release(strap.address)
        assert [member for member, _ in bluez.calls] == ["Disconnect"]


async def test_forget_frees_a_device_that_is_stuck_in_progress(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    strap.paired = strap.stuck = True
    async with FakeBlueZ(bus.address, strap) as bluez:
        await BlueZ().forget(strap.address)
        assert not strap.stuck
        assert ("RemoveDevice", ADAPTER_PATH) in bluez.calls


async def test_housekeeping_on_a_dead_bus_is_quiet(bus: PrivateBus) -> None:
    bus.kill()
    await BlueZ().release("C0:00:00:00:00:01")
    await BlueZ().forget("C0:00:00:00:00:01")
    async with BlueZ().pairing("C0:00:00:00:00:01", None):
        pass


@pytest.mark.parametrize("adapter", [None, "hci0"])
async def test_a_power_cycle_ends_with_the_power_on(bus: PrivateBus, adapter: str | None) -> None:
    strap = heart_rate_strap()
    strap.paired = True
    async with FakeBlueZ(bus.address, strap) as bluez:
        strap.connected = True
        await BlueZ().power_cycle(adapter)
        assert bluez.powered
        assert not strap.connected
        assert bluez.calls == [("Set", ADAPTER_PATH)] * 2


async def test_without_an_adapter_there_is_nothing_to_switch(bus: PrivateBus) -> None:
    async with FakeBlueZ(bus.address) as bluez:
        bluez.unplug_adapter()
        await BlueZ().power_cycle(None)
        assert bluez.calls == []


async def test_without_a_daemon_too(bus: PrivateBus) -> None:
    await BlueZ().release("C0:00:00:00:00:01")
    async with BlueZ().pairing("C0:00:00:00:00:01", None):
        pass


async def test_the_agent_is_there_only_while_pairing(bus: PrivateBus) -> None:
    async with FakeBlueZ(bus.address) as bluez:
        async with BlueZ().pairing("C0:00:00:00:00:02", 123456):
            assert list(bluez.agents.values()) == ["/kinewatch/agent"]
        assert ("RequestDefaultAgent", "/org/bluez") in bluez.calls


def question(member: str, device: str = CUFF, *, signature: str = "o") -> Message:
    body = [device] if signature == "o" else []
    return Message(
        path="/kinewatch/agent", interface=AGENT, member=member, signature=signature, body=body, serial=1
    )


@pytest.mark.parametrize(
    ("passkey", "asked", "answer"),
    [
        (123456, question("RequestPasskey"), [123456]),
        (None, question("RequestAuthorization"), []),
        (None, question("RequestPasskey"), "org.bluez.Error.Rejected"),
        (123456, question("RequestPasskey", CUFF[:-1] + "3"), "org.bluez.Error.Rejected"),
        (None, question("RequestAuthorization", CUFF[:-1] + "3"), "org.bluez.Error.Rejected"),
        (None, question("RequestConfirmation"), "org.bluez.Error.Rejected"),
        (None, question("RequestPinCode"), "org.bluez.Error.Rejected"),
        (None, question("Cancel", signature=""), []),
        (None, question("Release", signature=""), []),
    ],
)
def test_the_agent_answers_for_its_own_device_only(
    passkey: int | None, asked: Message, answer: list[int] | str
) -> None:
    reply = PairingAgent("c0:00:00:00:00:02", passkey).answer(asked)
    assert reply is not None
    if isinstance(answer, str):
        assert (reply.message_type, reply.error_name) == (MessageType.ERROR, answer)
    else:
        assert (reply.message_type, reply.body) == (MessageType.METHOD_RETURN, answer)


def test_the_agent_leaves_other_messages_alone() -> None:
    asked = Message(path="/", interface="org.freedesktop.DBus.Peer", member="Ping", serial=1)
    assert PairingAgent("C0:00:00:00:00:02", None).answer(asked) is None


@pytest.mark.parametrize("passkey", [None, 271828])
async def test_a_cuff_is_bonded_on_its_first_visit(bus: PrivateBus, passkey: int | None) -> None:
    """Bleak #1434, #1380: bleak registers no agent; without ours BlueZ refuses."""
    cuff = bonding_cuff(passkey=passkey)
    options: dict[str, str | float | bool] = {"bond": True}
    if passkey is not None:
        options["passkey"] = passkey
    config = DeviceConfig(device="cuff", family="blood_pressure", address=cuff.address, options=options)
    async with FakeBlueZ(bus.address, cuff), linked(config, BloodPressureCuff) as (taken, _):
        await taken.live()
        assert cuff.paired
        assert cuff.trusted
        assert cuff.passkeys_typed == ([] if passkey is None else [passkey])
        assert LinkState.BACKING_OFF not in taken.states


async def test_a_wrong_passkey_asks_for_a_person(bus: PrivateBus) -> None:
    cuff = bonding_cuff(passkey=111111)
    config = DeviceConfig(device="cuff", family="beurer", address=cuff.address, options={"passkey": 222222})
    async with FakeBlueZ(bus.address, cuff), linked(config, Beurer) as (taken, _):
        await taken.until(lambda: LinkState.GIVEN_UP in taken.states)
        assert "set `passkey` to the six digits it shows" in taken.reasons
        assert not cuff.paired
