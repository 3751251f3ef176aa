"""A conversation that is played: what the engine gets and what is heard of it, what is kept, and what goes."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from assistant.conversation.conversation import Conversation
from assistant.conversation.database import open_database
from assistant.conversation.exchange import export_json, import_json
from assistant.conversation.keeper import Keeper
from assistant.conversation.markdown import export_markdown
from assistant.conversation.migrations import MIGRATIONS
from assistant.conversation.store import Store, store_path
from assistant.conversation.turns import Forgot, Notice
from assistant.conversation.window import WhenFull, room_for_prompt
from assistant.errors import EngineFailed, HistoryFailed
from assistant.events import Event, Finished, Loading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message, Plain, Sampling
from assistant.sanitize import printable_json


class Keeperess:
    """Plays in plain text: as many words of material as the last question has, and the turns."""

    id, name, user, greeting = "keeper", "灯塔守", "Guest", "The lamp is lit."
    stops, notes = ("\nGuest:",), ("dialogues.csv is read as GB 18030",)

    def __init__(self, material: int = 3) -> None:
        self.retrieval = True
        self.material = material
        self.prepared = 0

    def prepare(self) -> Generator[Event, None, None]:
        self.prepared += 1
        yield Loading(0.5)

    def prompt(self, messages: tuple[Message, ...]) -> Plain | tuple[Message, ...]:
        if not messages:
            return ()
        *before, last = messages
        begun = last.content if last.role == "assistant" else ""
        lines = [f"{message.role}:{message.content}" for message in (before if begun else messages)]
        return Plain("\n".join(["lamp " * len(self.drawn(messages)), *lines, "灯塔守:"]), begun)

    def drawn(self, messages: tuple[Message, ...]) -> tuple[str, ...]:
        asked = [message.content for message in messages if message.role == "user"][-1]
        return tuple(f"d{number}" for number in range(self.material * len(asked.split()))) if self.retrieval else ()

    def shown(self, dialogue: str) -> str:
        return f"灯塔守: {dialogue}"

    def heard(self, events: Generator[Event, None, None], before: str) -> Generator[Event, None, None]:
        with closing(events):
            for event in events:
                if isinstance(event, Text):
                    yield Text(event.text.replace("灯塔守:", ""))
                elif isinstance(event, Finished) or not before:
                    yield event


class Talks(Keeperess):
    """The same through the model's template."""

    def prompt(self, messages: tuple[Message, ...]) -> Plain | tuple[Message, ...]:
        return (Message("system", "You are the keeper."), *messages) if messages else ()


def played(engine: FakeEngine, *, keeper: Keeper | None = None, **settings: Any) -> Conversation:
    conversation = Conversation(engine, Sampling(max_tokens=10, stop=("END",)), keeper=keeper, **settings)
    conversation.play(Keeperess())
    return conversation


def words(events: Generator[Any, None, None]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def test_the_engine_goes_on_with_the_parts_text_and_its_name_is_not_heard() -> None:
    engine = FakeEngine(["灯塔守: It is lit.", "Yes."])
    conversation = played(engine)
    assert conversation.messages == conversation.prompt == ()
    assert words(conversation.say("Is it lit?")) == " It is lit."
    list(conversation.say("Still?"))
    assert engine.prompts[0] == Plain("lamp " * 9 + "\nuser:Is it lit?\n灯塔守:")
    assert engine.prompts[1] == Plain("lamp " * 3 + "\nuser:Is it lit?\nassistant: It is lit.\nuser:Still?\n灯塔守:")
    answer = conversation.path[1]
    assert (answer.content, answer.speaker, answer.model) == (" It is lit.", "灯塔守", "fake")
    assert answer.dialogues == tuple(f"d{number}" for number in range(9))
    assert conversation.path[0].speaker == ""
    assert [message.content for message in conversation.messages] == [turn.content for turn in conversation.path]
    assert (conversation.heading.character, conversation.heading.user) == ("keeper", "Guest")


def test_its_stops_come_to_the_sampling_and_are_not_kept_in_it() -> None:
    seen: list[Sampling] = []

    class Watched(FakeEngine):
        def stream(self, prompt: Any, sampling: Sampling) -> Generator[Event, None, None]:
            seen.append(sampling)
            return super().stream(prompt, sampling)

    conversation = played(Watched())
    conversation.sampling = replace(conversation.sampling, temperature=0.5)
    list(conversation.say("Is it lit?"))
    assert seen[0] == Sampling(temperature=0.5, max_tokens=10, stop=("END", "\nGuest:"))
    assert conversation.sampling.stop == ("END",)
    assert conversation.heading.sampling == conversation.sampling


def test_it_is_prepared_after_the_model_was_loaded_and_before_its_prompt() -> None:
    engine = FakeEngine()
    conversation = played(engine)
    events = list(conversation.say("Is it lit?"))
    loading = [event.fraction for event in events if isinstance(event, Loading)]
    assert loading[-2:] == [1.0, 0.5]
    assert isinstance(conversation.part, Keeperess)
    assert conversation.part.prepared == 1
    assert Conversation(FakeEngine()).window().used == 0
    fresh = played(FakeEngine())
    assert fresh.window().used == 0
    assert isinstance(fresh.part, Keeperess)
    assert fresh.part.prepared == 1


def test_what_the_user_should_know_of_it_is_told_once() -> None:
    conversation = played(FakeEngine())
    said = [event for _ in range(2) for event in conversation.say("Is it lit?") if isinstance(event, Notice)]
    assert said == [Notice("dialogues.csv is read as GB 18030")]


def test_an_answer_that_was_cut_goes_on_with_its_material() -> None:
    engine = FakeEngine(["one two three four five six seven eight nine ten eleven twelve"])
    conversation = played(engine)
    list(conversation.say("Count now"))
    assert conversation.can_resume
    cut = conversation.path[-1]
    assert words(conversation.resume()) == " eleven twelve"
    assert engine.prompts[1] == Plain("lamp " * 6 + "\nuser:Count now\n灯塔守:", cut.content)
    assert conversation.path[-1].content == cut.content + " eleven twelve"
    assert conversation.path[-1].dialogues == cut.dialogues


def test_another_answer_another_question_and_branches() -> None:
    engine = FakeEngine(["One.", "Two.", "Three."])
    conversation = played(engine)
    list(conversation.say("Is it lit?"))
    list(conversation.regenerate())
    assert engine.prompts[0] == engine.prompts[1]
    list(conversation.edit(conversation.path[0].id, "Is it dark?"))
    speakers = {turn.content: turn.speaker for turn in conversation.tree.turns}
    assert speakers == {
        "Is it lit?": "",
        "Is it dark?": "",
        "One.": "灯塔守",
        "Two.": "灯塔守",
        "Three.": "灯塔守",
    }
    conversation.select(conversation.tree.turns[1].id)
    list(conversation.say("Sure?"))
    assert "\nassistant:One.\nuser:Sure?\n" in conversation_text(engine.prompts[-1])


def conversation_text(prompt: object) -> str:
    assert isinstance(prompt, Plain)
    return prompt.text


def test_retrieval_is_switched_off_and_on_and_kept() -> None:
    engine = FakeEngine()
    conversation = played(engine)
    conversation.retrieval = False
    list(conversation.say("Is it lit?"))
    assert conversation.path[-1].dialogues == ()
    assert not conversation.heading.retrieval
    conversation.clear()
    assert (conversation.heading.character, conversation.heading.retrieval) == ("keeper", False)
    conversation.retrieval = True
    list(conversation.say("Is it lit?"))
    assert len(conversation.path[-1].dialogues) == 9


def test_nobody_is_played_any_more() -> None:
    engine = FakeEngine(["One.", "Two."])
    conversation = played(engine)
    list(conversation.say("Is it lit?"))
    conversation.play(None)
    list(conversation.say("Is it dark?"))
    assert engine.received[1][0].role == "system"
    assert [turn.speaker for turn in conversation.path] == ["", "灯塔守", "", ""]
    assert conversation.heading.character == ""


def test_an_instruction_of_the_users_comes_first_and_none_of_ours() -> None:
    engine = FakeEngine()
    conversation = played(engine)
    list(conversation.say("Is it lit?"))
    assert "system" not in conversation_text(engine.prompts[0])
    conversation.system = "Be brief."
    list(conversation.say("And now?"))
    assert "system:Be brief.\nuser:Is it lit?" in conversation_text(engine.prompts[1])


def test_a_failure_of_the_part_leaves_the_question_out_of_the_path() -> None:
    class Broken(Keeperess):
        def prepare(self) -> Generator[Event, None, None]:
            yield Loading(0.1)
            raise EngineFailed("no vectors; some were expected; try again")

    conversation = Conversation(FakeEngine())
    conversation.play(Broken())
    with pytest.raises(EngineFailed):
        list(conversation.say("Is it lit?"))
    assert conversation.path == ()


def test_another_engine_plays_on() -> None:
    conversation = played(FakeEngine())
    list(conversation.say("Is it lit?"))
    other = FakeEngine(["Aye."])
    conversation.use(other)
    list(conversation.say("Still?"))
    assert isinstance(other.prompts[0], Plain)
    assert conversation.path[-1].speaker == "灯塔守"


@pytest.mark.parametrize("when_full", ["stop", "drop", "summarize"])
@pytest.mark.parametrize("part", [Keeperess, Talks])
def test_when_it_is_full_old_turns_go_visibly(when_full: WhenFull, part: type[Keeperess]) -> None:
    engine = FakeEngine(["one two three four five"], info=replace(FAKE_INFO, context=150))
    conversation = Conversation(engine, Sampling(max_tokens=10), when_full=when_full)
    conversation.play(part())
    room = room_for_prompt(150, 10)
    marks: list[Forgot] = []
    for number in range(24):
        question = f"Q{number} " + "a " * (number % 7)  # the material grows and shrinks with it
        marks += [event for event in conversation.say(question.strip()) if isinstance(event, Forgot)]
        assert engine.count(engine.prompts[-1]) <= room
    assert 1 < len(marks) < 12
    assert all(mark.turns and mark.tokens > 0 and not mark.summary for mark in marks), "dropped, and never back again"
    assert len(engine.prompts) == 24, "nobody was asked for a summary"
    assert conversation.window().dropped_turns == marks[-1].turns


def test_material_that_grows_is_counted_not_guessed() -> None:
    """By the figures of the answer before there would be room."""
    engine = FakeEngine(["one two three four five"], info=replace(FAKE_INFO, context=150))
    conversation = Conversation(engine, Sampling(max_tokens=10), when_full="stop")
    conversation.play(Keeperess(material=10))
    for _ in range(5):
        list(conversation.say("a b"))
    assert conversation.tree.marks == {}
    list(conversation.say("a b c d e f g h i j"))
    assert len(conversation.tree.marks) == 1
    assert engine.count(engine.prompts[-1]) <= 150


def test_plain_text_of_a_frame_is_never_summarized() -> None:
    engine = FakeEngine(["one two three four five"], info=replace(FAKE_INFO, context=80))
    conversation = Conversation(engine, Sampling(max_tokens=10), when_full="summarize")
    conversation.be_about("notes.txt", "0a", Keeperess(material=1).prompt)
    marks = [event for n in range(12) for event in conversation.say(f"Q{n} a b") if isinstance(event, Forgot)]
    assert marks
    assert not any(mark.summary for mark in marks)
    assert len(engine.prompts) == 12


def test_what_the_engine_never_ended_is_stopped_and_what_the_part_ended_is_whole() -> None:
    class Cuts(Keeperess):
        def heard(self, events: Generator[Event, None, None], before: str) -> Generator[Event, None, None]:
            with closing(events):
                for event in events:
                    if isinstance(event, Text):
                        yield event
                        break
            yield Finished("stop", Usage())

    conversation = Conversation(FakeEngine(["Lit. Guest: Is it?"]))
    conversation.play(Cuts())
    list(conversation.say("Is it lit?"))
    assert (conversation.path[-1].content, conversation.path[-1].reason) == ("Lit.", "stop")
    with closing(conversation.say("And now?")) as events:
        for event in events:
            if isinstance(event, Text):
                break
    assert conversation.path[-1].reason == "stopped"


def test_it_is_kept_and_taken_up_again() -> None:
    keeper = Keeper()
    conversation = played(FakeEngine(["One."]), keeper=keeper)
    conversation.retrieval = False
    list(conversation.say("Is it lit?"))
    conversation.retrieval = True
    list(conversation.say("Is it?"))
    assert keeper.close(5)
    with Store() as store:
        saved = store.load(conversation.id)
        (entry,) = store.entries()
    assert (entry.heading.character, entry.heading.user, entry.heading.retrieval) == ("keeper", "Guest", True)
    assert saved[1].turns == conversation.tree.turns
    again = Conversation(FakeEngine(["Two."]), saved=saved)
    assert again.part is None
    list(again.say("And without anybody?"))
    assert again.heading.character == "keeper", "it is remembered, though nobody could take it up"
    assert again.path[-1].speaker == ""
    changes: list[object] = []
    again = Conversation(FakeEngine(["Two."]), saved=saved, keeper=Recorder(changes))
    again.play(Keeperess())
    assert changes == [], "to take it up again is no change"


class Recorder:
    def __init__(self, changes: list[object]) -> None:
        self.keep = changes.append

    def notices(self) -> tuple[str, ...]:
        return ()


def test_exports_carry_it_and_name_the_speaker() -> None:
    conversation = played(FakeEngine(["It is."]))
    conversation.retrieval = False
    list(conversation.say("Is it lit?"))
    conversation.retrieval = True
    list(conversation.say("Is it?"))
    exported = export_json(conversation.heading, conversation.tree)
    assert exported["character"] == {"id": "keeper", "user": "Guest", "retrieval": True}
    heading, tree = import_json(printable_json(exported).encode())
    assert (heading.character, heading.user, heading.retrieval) == ("keeper", "Guest", True)
    assert [(turn.speaker, turn.dialogues) for turn in tree.path] == [
        (turn.speaker, turn.dialogues) for turn in conversation.path
    ]
    markdown = export_markdown(heading, tree)
    assert markdown.count("## 灯塔守\n\nIt is.\n") == 2
    assert "## fake" not in markdown


def test_exports_of_earlier_versions_are_read_and_wrong_ones_refused() -> None:
    conversation = Conversation(FakeEngine(["It is."]))
    list(conversation.say("Is it lit?"))
    exported = export_json(conversation.heading, conversation.tree)
    assert exported["character"] is None
    del exported["character"]
    for turn in exported["turns"]:
        del turn["speaker"], turn["dialogues"]
    heading, tree = import_json(printable_json(exported).encode())
    assert (heading.character, heading.retrieval, tree.path[1].dialogues) == ("", True, ())
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"character": "keeper"}, "the character is .keeper."),
        ({"character": {"id": 5, "user": "", "retrieval": True}}, "id of the character is 5"),
        ({"character": {"id": "a", "user": "b", "retrieval": 1}}, "the character is"),
        ({"character": {"id": "a" * 1001, "user": "b", "retrieval": True}}, "has 1,001 characters"),
        ({"turns": [{**exported["turns"][0], "dialogues": "d1"}]}, "dialogues of turn 1 is"),
        ({"turns": [{**exported["turns"][0], "dialogues": [7]}]}, "a dialogue of turn 1 is 7"),
        ({"turns": [{**exported["turns"][0], "dialogues": ["d"] * 1001}]}, "at most 1,000"),
        ({"turns": [{**exported["turns"][0], "speaker": None}]}, "speaker of turn 1"),
    ]
    for change, reason in wrong:
        with pytest.raises(HistoryFailed, match=reason):
            import_json(printable_json({**exported, "current": None, **change}).encode())


def test_a_database_of_the_version_before_gets_room_for_it() -> None:
    path = store_path()
    open_database(path, MIGRATIONS[:3]).connection.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO conversations (id, created, changed) VALUES ('aaaabbbbcccc', 1.5, 2.5)")
        for turn in (
            "('q', 'aaaabbbbcccc', NULL, 'user', '?', 1.5)",
            "('a', 'aaaabbbbcccc', 'q', 'assistant', '!', 2)",
        ):
            connection.execute(f"INSERT INTO turns (id, conversation, parent, role, content, created) VALUES {turn}")  # noqa: S608
        connection.commit()
    with Store() as store:
        assert store.notice == ""
        heading, tree = store.load("aaaabbbbcccc")
        assert (heading.character, heading.user, heading.retrieval) == ("", "", True)
        assert [(turn.content, turn.speaker, turn.dialogues) for turn in tree.path] == [("?", "", ()), ("!", "", ())]
        store.write([replace(heading, character="keeper", retrieval=False)])
        assert not store.load("aaaabbbbcccc")[0].retrieval
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) == 4


@pytest.mark.parametrize("value", ["7", '"d1"', "[1]", "[", "{}"])
def test_dialogues_that_are_no_list_are_refused_with_words(value: str) -> None:
    keeper = Keeper()
    conversation = played(FakeEngine(["It is."]), keeper=keeper)
    list(conversation.say("Is it lit?"))
    assert keeper.close(5)
    with closing(sqlite3.connect(store_path())) as connection:
        connection.execute("UPDATE turns SET dialogues = ?", (value,))
        connection.commit()
    with Store() as store, pytest.raises(HistoryFailed):
        store.load(conversation.id)
