import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt import topics
from protocols.mqtt.errors import TopicError
from protocols.mqtt.topics import StationTopics, Topic, TopicKind, level_of, parse

STATION = StationTopics(clinic="north", station="room-2")
SESSION = STATION.in_session("s7f3")

# Topic as it is on the wire -> what made it.
VECTORS = {
    "kinewatch/v1/north/room-2/status": STATION.status(),
    "kinewatch/v1/north/room-2/dev/cuff": STATION.device("cuff"),
    "kinewatch/v1/north/room-2/session": STATION.session(),
    "kinewatch/v1/north/room-2/s/s7f3/vital/spo2-percent": SESSION.vital("spo2_percent"),
    "kinewatch/v1/north/room-2/s/s7f3/latest": SESSION.latest(),
    "kinewatch/v1/north/room-2/s/s7f3/rep/knee-extension": SESSION.rep("knee-extension"),
    "kinewatch/v1/north/room-2/s/s7f3/rom/knee": SESSION.rom("knee"),
    "kinewatch/v1/north/room-2/s/s7f3/alert/g2-1": SESSION.alert("G2-1"),
    "kinewatch/v1/north/room-2/s/s7f3/event": SESSION.event(),
    "kinewatch/v1/north/room-2/s/s7f3/entry": SESSION.entry(),
    "kinewatch/v1/north/room-2/s/s7f3/cmd/ack": SESSION.command("ack"),
    "kinewatch/v1/north/room-2/s/s7f3/reply/c1": SESSION.reply("c1"),
}

levels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(("wire", "built"), VECTORS.items())
def test_a_built_topic_is_the_one_on_the_wire(wire: str, built: str) -> None:
    assert built == wire


@pytest.mark.parametrize("wire", VECTORS)
def test_every_topic_reads_back(wire: str) -> None:
    assert str(parse(wire)) == wire
    assert wire.count("/") <= 7


def test_the_tree_has_every_kind() -> None:
    assert {parse(wire).kind for wire in VECTORS} == set(TopicKind)


@given(clinic=levels, station=levels, session=levels, leaf=levels, kind=st.sampled_from(TopicKind))
def test_any_valid_levels_read_back(
    clinic: str, station: str, session: str, leaf: str, kind: TopicKind
) -> None:
    parts = parse(next(wire for wire in VECTORS if parse(wire).kind is kind))
    topic = Topic(
        clinic=clinic,
        station=station,
        kind=kind,
        session_id=None if parts.session_id is None else session,
        leaf=None if parts.leaf is None else leaf,
    )
    assert parse(str(topic)) == topic


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "kinewatch",
        "kinewatch/v2/north/room-2/status",
        "kinewatch/v1/north/room-2",
        "kinewatch/v1/north/room-2/nonsense",
        "kinewatch/v1/north/room-2/status/more",
        "kinewatch/v1/north/room-2/dev",
        "kinewatch/v1/north/room-2/event",
        "kinewatch/v1/north/room-2/s/s7f3/status",
        "kinewatch/v1/north/room-2/s/s7f3/vital",
        "kinewatch/v1/north/room-2/s/s7f3/latest/x",
        "kinewatch/v1/north/room-2/s/s7f3/alert/a/b",
        "kinewatch/v1/north/room.2/status",
        "kinewatch/v1/North/room-2/status",
        "kinewatch/v1/+/room-2/status",
        "kinewatch/v1/north/-room/status",
        "kinewatch/v1/north//status",
        "kinewatch/v1/north/room-2/status\n",
        "kinewatch/v1/" + "n" * 65 + "/room-2/status",
    ],
)
def test_what_is_not_of_the_tree_is_refused(wrong: str) -> None:
    with pytest.raises(TopicError) as caught:
        parse(wrong)
    assert caught.value.topic in {wrong, *wrong.split("/")}


@given(st.text(max_size=300))
def test_any_text_is_a_topic_or_a_topic_error(text: str) -> None:
    for candidate in (text, f"{topics.ROOT}/{text}"):
        try:
            topic = parse(candidate)
        except TopicError:
            continue
        assert str(topic) == candidate


@given(st.text(max_size=200))
def test_any_name_makes_a_valid_level(name: str) -> None:
    assert topics.checked_level(level_of(name))


@given(st.sets(st.text(alphabet="aA.-_ é", min_size=1, max_size=12), min_size=2, max_size=20))
def test_different_names_keep_different_levels(names: set[str]) -> None:
    assert len({level_of(name) for name in names}) == len(names)


def test_a_valid_name_is_its_own_level() -> None:
    assert level_of("g2-1") == "g2-1"
    assert re.fullmatch(r"knee-left-[0-9a-f]{10}", level_of("Knee (left)"))


def test_streams_may_be_lost_and_everything_else_may_not() -> None:
    assert {kind for kind in TopicKind if topics.qos_of(kind) == 0} == {TopicKind.VITAL, TopicKind.LATEST}


def test_commands_and_events_are_never_retained() -> None:
    assert not {TopicKind.COMMAND, TopicKind.EVENT, TopicKind.REPLY, TopicKind.VITAL} & topics.RETAINED


def test_filters() -> None:
    assert STATION.commands() == "kinewatch/v1/north/room-2/s/+/cmd/+"
    assert topics.clinic_filter("north") == "kinewatch/v1/north/#"
    with pytest.raises(TopicError):
        topics.clinic_filter("#")
    with pytest.raises(TopicError):
        StationTopics(clinic="north", station="+").commands()
    assert SESSION.of_station() == STATION
