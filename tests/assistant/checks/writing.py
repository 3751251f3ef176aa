"""The same value in many written forms: what the property tests put into a document and into a summary."""

from collections.abc import Callable
from datetime import date

from assistant.checks.text import listed

ONES = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
TENS = ["", "", *listed("twenty thirty forty fifty sixty seventy eighty ninety")]
CHINESE = "零一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"
WIDE = str.maketrans("0123456789.,%", "０１２３４５６７８９．，％")
MONTHS = listed("January February March April May June July August September October November December")


def words(number: int) -> str:
    """English words, British style."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            joint = " and " if rest and (size == 100 or rest < 100) else " " if rest else ""
            return f"{words(number // size)} {name}{joint}{words(rest) if rest else ''}"
    raise AssertionError(number)


def chinese(number: int, digits: str = CHINESE, units: str = "十百千") -> str:
    """Chinese numerals below a hundred million of millions."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            rest = number % size
            gap = digits[0] if rest and rest < size // 10 else ""
            return chinese(number // size, digits, units) + name + gap + (chinese(rest, digits, units) if rest else "")
    if number < 10:
        return digits[number]
    written, zero = "", False
    for power in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**power % 10
        if digit == 0:
            zero = bool(written)
            continue
        written += (digits[0] if zero else "") + digits[digit] + (units[power - 1] if power else "")
        zero = False
    return written.removeprefix("一") if 10 <= number < 20 and digits == CHINESE else written


def scaled(number: int, size: int) -> str:
    """`1.2` for 1,200,000 in millions."""
    whole, rest = divmod(number, size)
    return f"{whole}.{rest:0{len(str(size)) - 1}d}".rstrip("0").rstrip(".")


def number_forms(number: int) -> list[str]:
    """Ways to write a whole number."""
    grouped = f"{number:,}"
    forms = [
        str(number),
        grouped,
        str(number).translate(WIDE),
        grouped.replace(",", "\u00a0"),
        grouped.replace(",", "'"),
    ]
    forms += [grouped.replace(",", "."), grouped.replace(",", "\u202f"), grouped.replace(",", " "), words(number)]
    forms += [chinese(number), chinese(number, FORMAL, "拾佰仟"), grouped.translate(WIDE)]
    if number >= 10**6 and number % 10**4 == 0:
        forms += [f"{scaled(number, 10**6)} million", f"{scaled(number, 10**6)}M", f"{scaled(number, 10**9)} billion"]
    if number >= 10**4 and number % 100 == 0:
        forms += [f"{scaled(number, 10**4)}万", f"{scaled(number, 10**4)} 万", f"{scaled(number, 1000)} thousand"]
    if number >= 10**8 and number % 10**6 == 0:
        forms += [f"{scaled(number, 10**8)}亿"]
    return forms


def amount_forms(number: int) -> list[str]:
    """Ways to write a sum of dollars."""
    forms: list[Callable[[str], str]] = [
        lambda written: f"${written}",
        lambda written: f"US${written}",
        lambda written: f"USD {written}",
        lambda written: f"{written} dollars",
        lambda written: f"{written} US dollars",
        lambda written: f"{written}美元",
    ]
    plain = [form for form in number_forms(number) if form[0].isascii() and form[0].isdigit() and form[-1].isascii()]
    return [form(written) for written in plain for form in forms] + [
        f"{words(number)} dollars",
        f"{chinese(number)}美元",
    ]


def percentage_forms(tenths: int) -> list[str]:
    """Ways to write a percentage given in tenths."""
    whole, rest = divmod(tenths, 10)
    written = f"{whole}.{rest}" if rest else str(whole)
    forms = [f"{written}%", f"{written} %", f"{written}\u00a0%", f"{written} percent", f"{written} per cent"]
    forms += [f"{written}%".translate(WIDE), f"百分之{written}", f"{written.replace('.', ',')} %"]
    if not rest:
        forms += [f"{words(whole)} percent", f"百分之{chinese(whole)}", f"{whole}.0%"]
    else:
        forms += [f"百分之{chinese(whole)}点{CHINESE[rest]}"]
    return forms


def date_forms(day: date) -> list[str]:
    """Ways to write a date."""
    name, year, month, number = MONTHS[day.month - 1], day.year, day.month, day.day
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number not in (11, 12, 13) else 0, "th")
    years = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
    return [
        day.isoformat(),
        f"{number} {name} {year}",
        f"{name} {number}, {year}",
        f"{name[:3]}. {number}, {year}",
        f"{name} {number}{ending}, {year}",
        f"the {number}{ending} day of {name}, {year}",
        f"{number}{ending} of {name} {year}",
        f"{number}-{name[:3]}-{year}",
        f"{month}/{number}/{year}",
        f"{number:02d}/{month:02d}/{year}",
        f"{number}.{month}.{year}",
        f"{number:02d}.{month:02d}.{year}",
        f"{year}/{month}/{number}",
        f"{year}年{month}月{number}日",
        f"{year} 年 {month} 月 {number} 日",
        f"{year}年{month}月{number}日".translate(WIDE),
        f"{years}年{chinese(month)}月{chinese(number)}日",
        f"{number} {name}\n{year}",
    ]
