"""What is written as TOML is read as the same."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.toml_text import toml_text

keys = st.text(alphabet="abcdefgh_", min_size=1, max_size=6)
scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: "e" not in repr(value)),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x7f"), max_size=12),
)
tables = st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=4)


@given(
    st.dictionaries(keys, st.one_of(scalars, tables, st.lists(tables, min_size=1, max_size=3)), max_size=5)
)
def test_any_settings_come_back(content: dict[str, object]) -> None:
    read = tomllib.loads(toml_text(content))
    # A table without a value is not written: it says nothing.
    assert read == {key: value for key, value in content.items() if value != {}}


def test_what_is_none_is_left_out() -> None:
    assert toml_text({"a": None, "b": {"c": None}, "d": 1}) == "d = 1\n"
