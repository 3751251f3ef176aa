"""Languages of texts, and of texts that are still being written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.languages import NAMES, Guard, code_of, language_of, name_of

SENTENCES = {
    "en": "The committee has adopted the budget for the next year, and the pupils will pay twelve euros for a meal.",
    "fr": "Le comité a adopté le budget de l'année prochaine et les élèves paieront douze euros pour un repas.",
    "de": "Der Ausschuss hat den Haushalt für das nächste Jahr beschlossen und die Schüler zahlen zwölf Euro.",
    "es": "El comité aprobó el presupuesto del próximo año y los alumnos pagarán doce euros por la comida.",
    "it": "Il comitato ha approvato il bilancio per il prossimo anno e gli studenti pagheranno dodici euro.",
    "pt": "O comitê aprovou o orçamento para o próximo ano e os alunos pagarão doze euros por uma refeição.",
    "nl": "Het comité heeft de begroting voor volgend jaar goedgekeurd en de leerlingen betalen twaalf euro.",
    "sv": "Kommittén har antagit budgeten för nästa år och eleverna ska betala tolv euro, men det är inte allt.",
    "da": "Udvalget har vedtaget budgettet for næste år, og eleverne skal betale tolv euro efter at det blev afgjort.",
    "no": "Komiteen har vedtatt budsjettet for neste år, og elevene skal betale tolv euro etter at det ble avgjort.",
    "pl": "Komitet przyjął budżet na przyszły rok i uczniowie zapłacą dwanaście euro, ale nie jest to wszystko.",
    "cs": "Výbor přijal rozpočet na příští rok a žáci zaplatí dvanáct eur, ale to není vše, co se na schůzi řeklo.",
    "tr": "Komite gelecek yılın bütçesini kabul etti ve öğrenciler on iki avro ödeyecek, ama bu bir son değil.",
    "fi": "Komitea hyväksyi ensi vuoden talousarvion ja oppilaat maksavat kaksitoista euroa, mutta se ei ole kaikki.",
    "ro": "Comitetul a adoptat bugetul pentru anul viitor și elevii vor plăti doisprezece euro, dar nu este tot.",
    "hu": "A bizottság elfogadta a jövő évi költségvetést, és a tanulók tizenkét eurót fizetnek, de ez nem minden.",
    "id": "Komite telah menyetujui anggaran untuk tahun depan dan siswa akan membayar dua belas euro.",
    "vi": "Ủy ban đã thông qua ngân sách cho năm tới và các học sinh sẽ trả mười hai euro.",
    "zh": "委员会通过了明年的预算，学生每餐需要支付十二欧元。",
    "ja": "委員会は来年の予算を承認し、生徒は一食につき十二ユーロを支払うことになった。",
    "ko": "위원회는 내년도 예산을 승인했고 학생들은 한 끼에 십이 유로를 낸다.",
    "ru": "Комитет утвердил бюджет на следующий год, и ученики будут платить двенадцать евро. Это не всё, что было.",
    "uk": "Комітет затвердив бюджет на наступний рік, і учні платитимуть дванадцять євро за їжу.",
    "ar": "وافقت اللجنة على ميزانية العام المقبل وسيدفع التلاميذ اثني عشر يورو",
    "fa": "کمیته بودجه سال آینده را تصویب کرد و دانش‌آموزان پنج یورو می‌پردازند",
    "he": "הוועדה אישרה את התקציב לשנה הבאה",
    "el": "Η επιτροπή ενέκρινε τον προϋπολογισμό του επόμενου έτους",
    "th": "คณะกรรมการอนุมัติงบประมาณสำหรับปีหน้า",
    "hi": "समिति ने अगले वर्ष के बजट को मंजूरी दी",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence(language: str) -> None:
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "und"),
        ("12 34 56", "und"),
        ("Hôtel de Paris", "und"),
        ("Hello", "und"),
        ("Other?", "und"),
        ("x1 y2 zz qq ww", "und"),
        ("本合約由甲方與乙方於臺北市簽訂，雙方應遵守下列條款。", "zh"),
        ("我们在 GitHub 上用 llama.cpp 和 Python 开发 open source 工具，欢迎参与测试与讨论。", "zh"),
        ("书名《ノルウェイの森》，作者村上春树，这部小说在中国很有名，读者很多，评论也很多，值得一读。", "zh"),
        ("東京都は新計画を発表した", "ja"),
        ("What is the capital of France?", "en"),
        ("Tell me a joke", "en"),
        ("Explain this change:", "en"),
        ("# Title\n\nSee `pip install x`. The tool converts a folder to a file, and says where each value is.", "en"),
        ("The Chinese name is 东方红 and the Russian one is Восток, which may be seen in the list below.", "en"),
    ],
)
def test_hard_ones(text: str, language: str) -> None:
    assert language_of(text) == language


def test_what_follows_a_long_preface_counts() -> None:
    english = "The licence of this book is granted to all who read it and who give it to others. " * 250
    assert len(english) > 20_000
    assert language_of(english + SENTENCES["zh"] * 20_000) == "zh"


def test_codes_and_names() -> None:
    assert [code_of(text) for text in ("fr", "FR", "French", "zh-TW", "pt_BR", " chinese ")] == [
        "fr",
        "fr",
        "fr",
        "zh",
        "pt",
        "zh",
    ]
    assert [code_of(text) for text in ("", "xx", "Klingon", "english!", "auto")] == [None] * 5
    assert name_of("zh") == "Chinese"
    assert name_of("xx") == "xx"


def stays(language: str, text: str, size: int = 5) -> bool:
    guard = Guard(language)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return all(guard.feed(piece) for piece in pieces)


@pytest.mark.parametrize("language", SENTENCES)
def test_the_right_language_is_no_alarm(language: str) -> None:
    assert stays(language, (SENTENCES[language] + " ") * 12)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        *(("zh", written) for written in ("en", "ja", "ru", "ko")),
        *(("en", written) for written in ("zh", "ru", "fr", "de")),
        *(("fr", written) for written in ("en", "es", "zh")),
        *(("ja", written) for written in ("zh", "en")),
        *(("ru", written) for written in ("en", "ar")),
        *(("ar", written) for written in ("en", "fr")),
        ("sw", "zh"),  # a language without words of its own here still has a script
    ],
)
def test_the_wrong_language_is_noticed(asked: str, written: str) -> None:
    assert not stays(asked, (SENTENCES[written] + " ") * 12)


def test_it_is_noticed_early_and_stays_noticed() -> None:
    guard = Guard("zh")
    text = "This is the summary of the text that was given to me. " * 5
    noticed = next(at for at in range(0, len(text), 3) if not guard.feed(text[at : at + 3]))
    assert noticed < 200
    assert not guard.feed(SENTENCES["zh"] * 50)


def test_a_drift_is_noticed() -> None:
    assert not stays("zh", SENTENCES["zh"] * 8 + (SENTENCES["en"] + " ") * 8)
    assert not stays("fr", (SENTENCES["fr"] + " ") * 8 + (SENTENCES["en"] + " ") * 10)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "```python\n" + "import this, and that; return them all\n" * 8 + "```\n这段代码返回所有结果。"),
        ("zh", "本文介绍了“The Quick Brown Fox Jumps over the Lazy Dog and Never Comes Back” 这一说法的由来。"),
        ("zh", "作者：John Smith, Mary Jones (University of California, Berkeley)。论文提出了一种新的方法。"),
        (
            "zh",
            "见 https://example.org/a/very/long/address/of/a/page/that/goes/on/and/on/and/on/and/on/and/on/for/ever",
        ),
        (
            "en",
            "The poem begins “床前明月光，疑是地上霜。举头望明月，低头思故乡。锄禾日当午，汗滴禾下土。谁知” here.",
        ),
        ("en", "《红楼梦》, 《西游记》, 《水浒传》 and 《三国演义》 are the four novels that the text is about."),
        ("fr", "L'auteur cite « The committee has adopted the budget for the next year, and it will pay for it » ici."),
        ("en", "1,234.56 + 7,890 = 9,124.56; 37 %; 2024-05-03; " * 20),
        ("ja", "東京都交通局新宿線。" + SENTENCES["ja"] * 3),
        ("da", (SENTENCES["no"] + " ") * 10),  # near enough to be no alarm
        ("und", SENTENCES["zh"] * 30),
        ("xx", SENTENCES["zh"] * 30),
    ],
)
def test_no_false_alarm(language: str, text: str) -> None:
    assert stays(language, text)


@given(st.lists(st.text(max_size=12), max_size=40), st.sampled_from(sorted(NAMES)))
def test_any_text_in_any_pieces(pieces: list[str], language: str) -> None:
    guard = Guard(language)
    answers = [guard.feed(piece) for piece in pieces]
    assert answers == sorted(answers, reverse=True)  # once wrong, always wrong


@pytest.mark.parametrize(
    ("text", "found"),
    [("Capital of France?", "en"), ("la casa de papel", "und"), ("of", "und")],
)
def test_a_few_words_that_languages_share(text: str, found: str) -> None:
    assert language_of(text) == found
