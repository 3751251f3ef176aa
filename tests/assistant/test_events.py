"""`coalesce` keeps every word and every order, and joins no more than it may."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.events import Event, Finished, Loading, Reading, Text, Usage, coalesce

EVENTS = st.lists(
    st.one_of(
        st.text(max_size=3).map(Text),
        st.floats(0, 1).map(Loading),
        st.integers(0, 9).map(lambda done: Reading(done, 9)),
        st.just(Finished("stop", Usage())),
    ),
    max_size=30,
)


def words(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


@given(EVENTS, st.sampled_from([0.001, 20.0, 1e9]))
def test_words_and_order_are_kept(events: list[Event], hz: float) -> None:
    joined = list(coalesce(events, hz=hz))
    assert words(joined) == words(events)
    assert [event for event in joined if not isinstance(event, Text)] == [
        event for event in events if not isinstance(event, Text)
    ]
    # and no word moves over another event
    for index, event in enumerate(joined):
        if not isinstance(event, Text):
            before = [other for other in joined[:index] if not isinstance(other, Text)]
            at = [place for place, other in enumerate(events) if not isinstance(other, Text)][len(before)]
            assert words(joined[:index]) == words(events[:at])


def test_neighbours_are_joined_up_to_the_rate() -> None:
    events: list[Event] = [Text("a"), Text("b"), Text("c"), Text("d")]
    assert list(coalesce(events, hz=1e-6)) == [Text("a"), Text("bcd")] or list(coalesce(events, hz=1e-6)) == [
        Text("abcd")
    ]
    assert list(coalesce(events, hz=1e9)) == events


def test_the_first_word_is_not_held_back() -> None:
    def slow() -> list[Event]:
        return [Reading(1, 1), Text("first")]

    assert list(coalesce(slow())) == slow()
