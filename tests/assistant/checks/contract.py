"""A contract of some forty pages, made from a seed: hundreds of figures, dates and names, a sentence each."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.checks.text import listed
from tests.assistant.checks.writing import MONTHS, chinese

FIRST = listed("Amelia Bruno Chidi Dagmar Emeka Farida Gustav Hanna Imran Jasmin Kofi Leila Mateo Nadia Oskar Priya")
LAST = listed("Abernathy Brückner Castellanos Dubois Eriksen Fitzgerald Grünwald Halloran Ivanova Jankowski Kowalczyk")
FIRMS = listed("Aldermoor Brightwater Corvane Dunholt Elmridge Farrowby Glenhaven Hartwick Ironvale Juniper")
KINDS = ["Holdings Ltd", "Logistics GmbH", "Partners LLP", "Energy plc", "& Sons Inc."]
CITIES = listed("Rotterdam Marseille Gdańsk Antwerp Trieste Bilbao Tallinn Porto")
BANKS = ["Bank of Aberdeen", "Bank of Valletta", "Banque de Lorraine", "Baltic Trust Bank"]
GOODS = ["pallets", "containers", "crates", "tonnes of steel", "drums", "reels"]

TEMPLATES = [
    "The Supplier shall deliver {count:,} {goods} to the warehouse in {city} no later than {day}.",
    "In consideration thereof, {firm} shall pay ${amount:,} to {other}, of which {percent}% falls due on {day}.",
    "Late payment bears interest at {percent} per cent a year, computed on the basis of {small} days.",
    "{person}, acting for {firm}, signed the schedule of {day} in {city}.",
    "The guarantee issued by {bank} covers losses of up to €{amount:,} until {day}.",
    "Notice under clause {clause} must reach {person} within {small} working days.",
    "The Parties agree on a price of {decimal} euros per unit for the first {count:,} units.",
    "On {day} the Parties inspected {count:,} {goods} and rejected {percent}% of them.",
    "{firm} maintains insurance of USD {millions} million with {other}.",
    "If deliveries fall below {percent} percent of the forecast, {firm} may withdraw as of {day}.",
]
FILLER = (
    "Nothing in this agreement limits liability for fraud, wilful default or any matter for which liability cannot be "
    "excluded by law, and each party bears its own costs of preparing and performing what is set out herein."
)


@dataclass(frozen=True)
class Said:
    """A sentence, and the same with one thing altered: (what, sentence)."""

    sentence: str
    altered: tuple[tuple[str, str], ...]


def contract(seed: int = 5, sentences: int = 400) -> tuple[str, list[Said]]:
    """The text and what it says. No altered value stands anywhere in the text."""
    chance = random.Random(seed)
    drawn = [_values(chance) for _ in range(sentences)]
    taken = {key: {values[key] for values in drawn} for key in drawn[0]}
    numbers = {f"{value}" for values in drawn for value in values.values() if isinstance(value, (int, float, str))}
    numbers |= {str(number) for number in range(1 + sentences // 10)}
    said, lines, page = [], [], []
    for at, values in enumerate(drawn):
        template = TEMPLATES[at % len(TEMPLATES)]
        sentence = _filled(template, values)
        altered = []
        for key, value in values.items():
            if f"{{{key}" in template and key != "goods":
                other = next(
                    new for new in _others(key, value, chance) if new not in taken[key] and str(new) not in numbers
                )
                altered.append((key, _filled(template, {**values, key: other})))
        said.append(Said(sentence, tuple(altered)))
        if at % 10 == 0:
            lines.append(f"\n{at // 10 + 1}. Clause {at // 10 + 1}\n")
        page = [*page, sentence, FILLER]
        if len(page) == 4:
            lines.append(_wrapped(" ".join(page), 90) + "\n")
            page = []
    return "\n".join([*lines, *page]), said


def _values(chance: random.Random) -> dict[str, object]:
    return {
        "count": chance.randint(1000, 99999),
        "goods": chance.choice(GOODS),
        "city": chance.choice(CITIES),
        "day": date(2021, 1, 1) + timedelta(days=chance.randrange(2500)),
        "firm": f"{chance.choice(FIRMS)} {chance.choice(KINDS)}",
        "other": f"{chance.choice(FIRMS)} {chance.choice(KINDS)}",
        "amount": chance.randint(10_000, 9_999_999),
        "percent": chance.randint(11, 399) / 10,
        "small": chance.choice([45, 60, 90, 120, 180, 360]),
        "person": f"{chance.choice(FIRST)} {chance.choice(LAST)}",
        "bank": chance.choice(BANKS),
        "clause": f"{chance.randint(2, 40)}.{chance.randint(1, 9)}",
        "decimal": chance.randint(1000, 99999) / 100,
        "millions": chance.randint(11, 999) / 10,
    }


def _others(key: str, value: object, chance: random.Random) -> "list[object]":
    """Values near by: one digit, one day, one name away, in an order of their own."""
    found: list[object] = []
    match value:
        case int():
            digits = str(value)
            found = [
                int(digits[:at] + other + digits[at + 1 :])
                for at in range(len(digits))
                for other in "123456789"
                if other != digits[at]
            ]
        case float():
            found = [
                round(value + step / (10 if key != "decimal" else 100), 2) for step in (1, -1, 10, 2, 3, 7, 100, 1000)
            ]
            found += [round(value + 500 + step / 10, 2) for step in range(300)]
        case date():
            found = [value + timedelta(days=days) for days in (1, -1, 10, 31, 365, -365, *range(3000, 3100))]
        case str():
            match key:
                case "clause":
                    found = [f"{chance.randint(41, 60)}.{chance.randint(1, 9)}" for _ in range(20)]
                case _:
                    return [value.replace(value.split(" ")[-1], "Zimmerwald")] if key != "city" else ["Montevideo"]
    if key != "day":
        chance.shuffle(found)
    return found


def _filled(template: str, values: dict[str, object]) -> str:
    day = values["day"]
    assert isinstance(day, date)
    written = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return template.format(**{**values, "day": written})


def _wrapped(text: str, width: int) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return "\n".join([*lines, line])


CHINESE_TEMPLATES = [
    "据{bank}统计，{city}去年完成投资{amount}万元，同比增长{percent}%。",
    "{day}，{firm}与{bank}在{city}签署协议，合同金额为{big}亿元。",
    "{firm}员工总数达到{count}人，其中{share}拥有本科学历。",
    "该项目占地{area}亩，预计于{day}竣工。",
]


def report(seed: int = 7, sentences: int = 120) -> tuple[str, list[Said]]:
    """The same in Chinese, with Chinese numerals beside digits."""
    chance = random.Random(seed)
    drawn = [
        {
            "bank": chance.choice(["中国工商银行", "上海浦东发展银行", "华夏银行", "国家统计局"]),
            "city": chance.choice(["南京市", "海口市", "贵州省", "苏州工业园区"]),
            "amount": f"{chance.randint(10000, 999999) / 100}",
            "percent": f"{chance.randint(11, 399) / 10}",
            "day": f"{chance.randint(2015, 2025)}年{chance.randint(1, 12)}月{chance.randint(1, 28)}日",
            "firm": chance.choice(["东方电力公司", "长江科技有限公司", "天山水泥股份有限公司"]),
            "big": f"{chance.randint(11, 999) / 10}",
            "count": chinese(chance.randint(1100, 9999)),
            "share": f"百分之{chinese(chance.randint(12, 89))}",
            "area": str(chance.randint(1000, 9999)),
        }
        for _ in range(sentences)
    ]
    new = {
        "bank": "北方建设银行",
        "city": "西宁市",
        "amount": "1234.57",
        "percent": "41.7",
        "day": "2019年2月29日",
        "firm": "西域矿业集团",
        "big": "107.3",
        "count": chinese(10234),
        "share": "百分之九十一",
        "area": "10457",
    }
    said = []
    for at, values in enumerate(drawn):
        template = CHINESE_TEMPLATES[at % len(CHINESE_TEMPLATES)]
        altered = tuple((key, template.format(**{**values, key: new[key]})) for key in values if f"{{{key}" in template)
        said.append(Said(template.format(**values), altered))
    return "\n".join("　　" + one.sentence for one in said), said
