"""Chat templates for the tests: the formats that are shipped, and small ones with the habits of well-known families."""

from convert.formats import NAMES, format_text

_TURN = "'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n'"
_OPENING = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

HABITS = {
    # its own system text where none is given, as Qwen2.5 and SmolLM2
    "default-system": "{% if messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}{% endif %}"
    "{% for m in messages %}{{ " + _TURN + " }}{% endfor %}" + _OPENING,
    # refuses a system message, and turns that do not alternate; strips, as Gemma 2
    "no-system": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('order') }}"
    "{% endif %}{{ '<turn>' + ('model' if m['role'] == 'assistant' else 'user') + '\n' }}"
    "{{ m['content'] | trim + '</turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<turn>model\n' }}{% endif %}",
    # strips, as Llama 3
    "strips": "{% for m in messages %}{% set c = '<h>' + m['role'] + '</h>\n\n' + m['content'] | trim + '<eot>' %}"
    "{% if loop.index0 == 0 %}{% set c = bos_token + c %}{% endif %}{{ c }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<h>assistant</h>\n\n' }}{% endif %}",
    # the system text inside the first question, which is begun like no other, as Llama 2
    "inside": "{% if messages[0]['role'] == 'system' %}{% set s = '<<' + messages[0]['content'] + '>> ' %}"
    "{% set rest = messages[1:] %}{% else %}{% set s = '' %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}{% if m['role'] == 'user' %}"
    "{{ bos_token + '[Q] ' + (s if loop.first else '') + m['content'] + ' [/Q]' }}"
    "{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}",
    # thoughts of earlier answers are left out, and a thought is begun, as DeepSeek R1
    "thinking": "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}"
    "{% elif m['role'] == 'user' %}{{ '<|User|>' + m['content'] }}{% else %}"
    "{{ '<|Assistant|>' + m['content'].split('</think>')[-1] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|Assistant|><think>\n' }}{% endif %}",
    # what Go and Ollama's reader of Modelfiles would take for something else
    "hostile": "{% for m in messages %}"
    "{{ '{{ .System }} {{' + m['role'] + '{' + '\\\"\\\"\\\"\n\t\u200b\u3000\ue000x\r\n' }}"
    "{{ '\\\\ {%{' }}{{ m['content'] }}{{ '\\\"\\\"\\\"\n}}' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'A{' }}{% endif %}",
}

REGULAR = {name: format_text(name) for name in NAMES} | HABITS

IRREGULAR = {
    "system in the last question": "{% for m in messages %}{% if m['role'] == 'user' %}"
    "{% if loop.last and messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}"
    "{{ '[' + m['content'] + ']' }}"
    "{% elif m['role'] == 'assistant' %}{{ m['content'] }}{% endif %}{% endfor %}",
    "numbered turns": "{% for m in messages %}{{ loop.index ~ ': ' ~ m['content'] ~ '\n' }}{% endfor %}",
    "the fifth differs": "{% for m in messages %}{{ m['role'] + ('!' if loop.index == 9 else '?') + m['content'] }}"
    "{% endfor %}",
    "only the last": "{{ messages[-1]['content'] }}",
    "upper case": "{% for m in messages %}{{ m['role'] + m['content'] | upper }}{% endfor %}",
    "longer ones": "{% for m in messages %}{{ m['role'] + ('...' if m['content'] | length > 20 else '') }}"
    "{{ m['content'] }}{% endfor %}",
    "changes words": "{% for m in messages %}{{ m['role'] + m['content'].replace('\n\n', '') }}{% endfor %}",
    "fails": "{{ messages[1]['content'] }}",
}
