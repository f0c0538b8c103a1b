from hypothesis import given
from hypothesis import strategies as st

from monitor.recording.header import Header, from_metadata, to_metadata

texts = st.text(max_size=20)
values = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=5)


@given(
    st.builds(
        Header,
        session_id=texts,
        started_utc=texts,
        boot=st.integers(0, 2**53),
        versions=st.dictionaries(texts, texts, max_size=5),
        plan=values,
        station=values,
    )
)
def test_a_header_comes_back_equal(header: Header) -> None:
    metadata = to_metadata(header)
    assert from_metadata(metadata) == header
    assert all(isinstance(text, str) for text in metadata.values())
