"""Hypothesis strategies for measurements, from the types of their fields.

A valid measurement is varied field by field. Many variations do not fit the wire; `encode` must say so.
"""

import types
from dataclasses import fields, is_dataclass, replace
from enum import Enum, Flag
from functools import reduce
from operator import or_
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import float_from_word, sfloat_from_word

# Modules whose floats are SFLOATs, and whose floats have 32 bits; in the others they are decimal fractions.
_SFLOAT_MODULES = frozenset(
    {"pulse_oximeter", "blood_pressure", "enhanced_blood_pressure", "prefixed_blood_pressure", "ieee11073"}
)
_FLOAT_MODULES = frozenset({"movella_dot", "metamotion", "movesense", "thingy52", "polar_pmd_control"})

_INTEGERS = st.one_of(
    st.integers(0, 20),
    st.integers(0, 127),
    st.integers(0, 255),
    st.integers(-(2**15), 2**15 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(-(2**31), 2**64),
)
_DATES = st.builds(
    DateTime,
    st.integers(0, 65535) | st.integers(2000, 2063),
    *(st.integers(0, high) for high in (12, 31, 23, 59, 59)),
)


def variations(sample: Any, message_name: str) -> st.SearchStrategy[Any]:
    """Measurements like `sample`, some of which do not fit the wire."""
    module = message_name.partition(".")[0]
    if is_dataclass(sample):
        return _varied(sample, module)
    if isinstance(sample, Enum | int | float):
        return _of_type(type(sample), sample, module)
    return st.just(sample)


@st.composite
def _varied(draw: st.DrawFn, sample: Any, module: str) -> Any:
    """One to three fields changed; what is there changes more often than it goes."""
    hints = get_type_hints(type(sample))
    own = [field.name for field in fields(sample)]
    chosen = draw(st.sets(st.sampled_from(own), min_size=1, max_size=3)) if own else set()
    changes = {}
    for name in own:
        if name in chosen:
            current = getattr(sample, name)
            hint = hints[name]
            if _is_union(hint) and current is not None and draw(st.integers(0, 3)):
                hint = next((option for option in get_args(hint) if _is(current, option)), hint)
            changes[name] = draw(_of_type(hint, current, module))
    return replace(sample, **changes)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _is(current: Any, option: Any) -> bool:
    """Whether the value is of that member of a union."""
    kind = get_origin(option) or option
    return isinstance(kind, type) and isinstance(current, kind)


def _of_type(hint: Any, current: Any, module: str) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    """One return a type."""
    origin = get_origin(hint)
    if _is_union(hint):
        return st.one_of([_of_type(option, current, module) for option in get_args(hint)])
    if hint is type(None):
        return st.none()
    if origin is tuple:
        return _tuples(get_args(hint), current, module)
    if hint is DateTime:
        return _DATES
    if isinstance(hint, type) and issubclass(hint, Flag):
        top = reduce(or_, (flag.value for flag in hint), 0)
        return st.integers(0, top).map(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if hint is bool:
        return st.booleans()
    if hint is bytes:
        size = len(current) if isinstance(current, bytes) else 0
        return st.binary(min_size=size, max_size=size) | st.binary(max_size=40)
    if hint is str:
        return st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=12)
    if isinstance(hint, type) and issubclass(hint, float):
        return _floats(module)
    if isinstance(hint, type) and is_dataclass(hint):
        return _varied(current, module) if isinstance(current, hint) else st.nothing()
    return _INTEGERS


def _floats(module: str) -> st.SearchStrategy[float]:
    if module == "health_thermometer":
        return st.integers(0, 0xFFFF_FFFF).map(float_from_word)
    if module in _SFLOAT_MODULES:
        return st.integers(0, 0xFFFF).map(sfloat_from_word)
    if module in _FLOAT_MODULES:
        return st.floats(width=32, allow_nan=False)
    return st.integers(0, 300).map(lambda tenths: tenths / 10)


def _tuples(elements: tuple[Any, ...], current: Any, module: str) -> st.SearchStrategy[Any]:
    if len(elements) == 2 and elements[1] is Ellipsis:
        example = current[0] if current else None
        element = _of_type(elements[0], example, module)
        if element.is_empty:
            return st.just(())
        size = len(current) if current is not None else 0
        same_size = st.lists(element, min_size=size, max_size=size)
        return (same_size | st.lists(element, max_size=6)).map(tuple)
    return st.tuples(*(_of_type(element, None, module) for element in elements))
