"""How a character is put to a model: the block that Index-1.9B-Character was trained on, and the same for other models.

The Chinese block is that model's interface and stands here as its makers wrote it (bilibili/Index-1.9B, in `roleplay/`:
`prompt/dataset_character.txt`, and for what parts two dialogues `src/get_dataset.py`); the rest is ours.
"""

from assistant.characters.values import Language

SEPARATOR = "\n" + "-" * 20 + "\n"
"""Between two dialogues, as the model was trained."""

BLOCK: dict[Language, str] = {
    "zh": """请你扮演“{role}”与用户“{user}”进行对话。请注意：
1.请永远记住你正在扮演{role}。
2.下文给出了一些{role}与其他人物的对话，请参考给定对话中{role}的语言风格，用一致性的语气与{user}进行对话。
3.如果给出了{role}的人设，请保证{role}的对话语气符合{role}的人设。

以下是一些{role}的对话：
{dialogues}

以下是{role}的人设：
{description}

基于以上材料，请你扮演{role}与{user}对话。结果只用返回一轮{role}的回复。
{history}
{role}:""",
    "en": """You play “{role}” in a conversation with “{user}”. Keep to this:
1. Never forget that you are {role}.
2. Below are dialogues of {role} with other people; speak with {user} in the style and tone that {role} has in them.
3. Where {role} is described, what {role} says fits the description.

Dialogues of {role}:
{dialogues}

{role} is described so:
{description}

From all this, play {role} in the conversation with {user}. Give one reply of {role} and nothing else.
{history}
{role}:""",
}
"""One text that the model goes on with. `history`: a line `name:words` for each turn."""

SYSTEM: dict[Language, str] = {
    "zh": """请你扮演“{role}”与用户“{user}”进行对话。请注意：
1.请永远记住你正在扮演{role}。
2.{user}的话前面会给出一些{role}与其他人物的对话，请参考其中{role}的语言风格，用一致性的语气与{user}进行对话，但不要照抄。
3.请保证{role}的对话语气符合{role}的人设。
4.每次只返回一轮{role}的回复，不要替{user}说话。""",
    "en": """You play “{role}” in a conversation with “{user}”. Keep to this:
1. Never forget that you are {role}.
2. Before what {user} says there are dialogues of {role} with other people; speak in the style and tone that {role} \
has in them, without copying them.
3. What {role} says fits the description of {role}.
4. Give one reply of {role}, and never speak for {user}.""",
}
"""What stands before all turns where a chat template puts them in order."""

DESCRIBED: dict[Language, str] = {
    "zh": "以下是{role}的人设：\n{description}",
    "en": "{role} is described so:\n{description}",
}
GREETED: dict[Language, str] = {
    "zh": "{role}已经对{user}说过：{greeting}",
    "en": "{role} has already said to {user}: {greeting}",
}
DRAWN: dict[Language, str] = {
    "zh": "以下是一些{role}的对话：\n{dialogues}\n\n现在{user}对{role}说：\n{words}",
    "en": "Dialogues of {role}:\n{dialogues}\n\nNow {user} says to {role}:\n{words}",
}
"""The last question with the dialogues before it."""
NAMED: dict[Language, str] = {"zh": "{role}：{words}", "en": "{role}: {words}"}
"""An answer in turns, as it stands there: begun with the name, small models speak as the character, not about it."""
