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
    "zh": (
        "你是{role}，正在和{user}说话。请用{role}此前与别人对话的语气回答，不要照抄；每次只说几句，不要替{user}说话。"
    ),
    "en": (
        "You are {role}, in a conversation with {user}. Answer as {role}, in the style and tone of the dialogues that "
        "{role} had with others, without copying them; a few sentences at a time, and never for {user}."
    ),
}
"""What stands before all turns where a chat template puts them in order. Rules in a list are obeyed less often by small
models, which then tell about the character.
"""

DESCRIBED: dict[Language, str] = {
    "zh": "以下是{role}的人设：\n{description}",
    "en": "{role} is described so:\n{description}",
}
GREETED: dict[Language, str] = {
    "zh": "{role}已经对{user}说过：{greeting}",
    "en": "{role} has already said to {user}: {greeting}",
}
NAMED: dict[Language, str] = {"zh": "{role}：{words}", "en": "{role}: {words}"}
"""Words in turns, as they stand there: after the name of who says them."""
