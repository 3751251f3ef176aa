"""Names: which words are taken for names, and which of them the document has. Hand-made, English and Chinese mixed."""

import pytest

from assistant.checks.checker import Checker
from tests.assistant.checks.support import checker

DOCUMENT = """
Minutes of the Annual Meeting. Dr. Wei Zhang, chairman of the Bank of China, opened the meeting in Wuhan. The Tenant,
Greenfield Holdings Ltd, was represented by John A. Smith and by Ms Siobhán O'Neill of McKenzie & Partners. The United
Nations Environment Programme (UNEP) and AT&T sent observers; so did the Ministry of Health. Ludwig van Beethoven's
house in Bonn was discussed, as were the Airbus A320, COVID-19, GPT-4 and Saint-Gobain. Zürich Insurance paid; the
U.S. Congress did not. Jean-Luc Picard left early for São Paulo. The payment terms are due on delivery; information
is power.
Mr. Lee of Rio de Janeiro and Prof. Adaeze Okonkwo-Bright of the University of Lagos agreed. The iPhone sold well.
The World Health Organiza-
tion spoke last; Siemens Energy AG and the Court of Justice sat in Luxembourg. In Moscow, Владимир Петров signed.
中国人民银行行长张伟先生在北京市出席会议，上海证券交易所、清华大学和国家发展和改革委员会派员参加。
《红楼梦》的作者住在四川省成都市武侯区。华为技术有限公司与腾讯集团签署协议，李娜女士任董事长。最高人民法院作出判决。
"""

# The sentence; the names that the document does not have; the names that it has.
CASES = [
    # Plain names, whole and in part
    ("The meeting was opened by Wei Zhang.", [], ["Wei Zhang"]),
    ("The meeting was opened by Zhang.", [], ["Zhang"]),
    ("The meeting was opened by Wei Zhao.", ["Wei Zhao"], []),
    ("It was opened in Wuhan.", [], ["Wuhan"]),
    ("It was opened by Dr. Wu.", ["Wu"], []),
    ("It was opened in Wuxi.", ["Wuxi"], []),
    ("The chairman leads the Bank of China.", [], ["Bank of China"]),
    ("The chairman leads the Bank of Japan.", ["Bank of Japan"], []),
    ("It was John Smith who signed.", [], ["John Smith"]),
    ("It was John A. Smith who signed.", [], ["John A. Smith"]),
    ("It was John Smythe who signed.", ["John Smythe"], []),
    ("It was Jane Smith who signed.", ["Jane Smith"], []),
    ("They met Greenfield Holdings Ltd there.", [], ["Greenfield Holdings Ltd"]),
    ("They met Greenfield Holdings.", [], ["Greenfield Holdings"]),
    ("They met Brownfield Holdings.", ["Brownfield Holdings"], []),
    ("They met Siobhan O'Neill.", [], ["Siobhan O'Neill"]),
    ("They met Siobhán O’Neill.", [], ["Siobhán O’Neill"]),
    ("They met Siobhán O'Neil.", ["Siobhán O'Neil"], []),
    ("It hired McKenzie & Partners.", [], ["McKenzie & Partners"]),
    ("It hired McKinsey & Partners.", ["McKinsey & Partners"], []),
    ("It was heard by Mr. Lee and Mr. Li.", ["Li"], ["Mr. Lee"]),
    ("They heard Adaeze Okonkwo-Bright.", [], ["Adaeze Okonkwo-Bright"]),
    ("They heard Professor Okonkwo.", [], ["Okonkwo"]),
    ("They heard Jean-Luc Picard.", [], ["Jean-Luc Picard"]),
    ("They heard Jean-Paul Picard.", ["Jean-Paul Picard"], []),
    ("It was signed by Владимир Петров.", [], ["Владимир Петров"]),
    ("It was signed by Владимир Сидоров.", ["Владимир Сидоров"], []),
    # Particles, possessives, case, accents
    ("It is the house of Ludwig van Beethoven.", [], ["Ludwig van Beethoven"]),
    ("It is Beethoven's house.", [], ["Beethoven's"]),
    ("It is Mozart's house.", ["Mozart's"], []),
    ("He flew to Rio de Janeiro and to Sao Paulo.", [], ["Rio de Janeiro", "Sao Paulo"]),
    ("He flew to Rio Grande.", ["Rio Grande"], []),
    ("The payer was Zurich Insurance.", [], ["Zurich Insurance"]),
    ("The payer was ZÜRICH INSURANCE.", [], ["ZÜRICH INSURANCE"]),
    ("The last was the World Health Organization.", [], ["World Health Organization"]),
    ("The last was the World Trade Organization.", ["World Trade Organization"], []),
    # Acronyms and mixed words
    ("Observers came from UNEP and AT&T.", [], ["UNEP", "AT&T"]),
    ("Observers came from UNESCO.", ["UNESCO"], []),
    ("It discussed COVID-19 and GPT-4.", [], ["COVID-19", "GPT-4"]),
    ("It discussed GPT-5.", ["GPT-5"], []),
    ("It flies the Airbus A320.", [], ["Airbus A320"]),
    ("It flies the Airbus A380.", ["Airbus A380"], []),
    ("It sells the iPhone.", [], ["iPhone"]),
    ("It sells the iPad.", ["iPad"], []),
    ("It went to the U.S. Congress.", [], ["U.S. Congress"]),
    ("It concerns IT and the WHO.", ["IT", "WHO"], []),
    ("They met at Saint-Gobain.", [], ["Saint-Gobain"]),
    ("They asked the Ministry of Health.", [], ["Ministry of Health"]),
    ("They asked the Ministry of Defence.", ["Ministry of Defence"], []),
    ("He is chairman of Siemens Energy.", [], ["Siemens Energy"]),
    ("The chairman of Greenfield Holdings and John Smith came.", [], ["Greenfield Holdings", "John Smith"]),
    # No names at all
    ("Additionally, the parties agreed.", [], []),
    ("Payment is due on delivery. Interest follows.", [], []),
    ("I think that the English version, signed on a Monday in March, prevails.", [], []),
    ("However, The parties disagreed.", [], []),
    ("- Costs: borne by each party\n- Renewal: every year", [], []),
    ("**Key points:** nothing new.", [], []),
    ("# Main Findings\n\nnothing new", [], []),
    ("1. Parties meet.\n2. Rules apply.", [], []),
    ("Der Vertrag regelt die Miete und das Ende.", [], []),
    ("See https://Example.org/Some/Path for more.", [], []),
    # First words that are names all the same
    ("Zhang Wei spoke.", ["Zhang Wei"], []),
    ("Wei Zhang spoke.", [], ["Wei Zhang"]),
    ("The Acme Corporation spoke.", ["Acme Corporation"], []),
    ("Then Klaus spoke. Klaus left.", ["Klaus", "Klaus"], []),
    ("Meanwhile Greenfield Holdings paid.", [], ["Greenfield Holdings"]),
    # Chinese
    ("中国人民银行出席会议。", [], ["中国人民银行"]),
    ("会议由中国建设银行主办。", ["中国建设银行"], []),
    ("会议在北京市举行。", [], ["北京市"]),
    ("会议在天津市举行。", ["天津市"], []),
    ("代表来自四川省成都市武侯区。", [], ["四川省", "成都市", "武侯区"]),
    ("代表来自四川省绵阳市。", ["绵阳市"], ["四川省"]),
    ("清华大学派员参加。", [], ["清华大学"]),
    ("北京大学派员参加。", ["北京大学"], []),
    ("他与华为技术有限公司签约。", [], ["华为技术有限公司"]),
    ("他与中兴技术有限公司签约。", ["中兴技术有限公司"], []),
    ("张伟先生讲话，李娜女士补充。", [], ["张伟先生", "李娜女士"]),
    ("王芳女士补充。", ["王芳女士"], []),
    ("《红楼梦》是名著。", [], ["《红楼梦》"]),
    ("《水浒传》是名著。", ["《水浒传》"], []),
    ("最高人民法院判决，国家发展和改革委员会执行。", [], ["最高人民法院", "国家发展和改革委员会"]),
    ("公司在城市地区的全部门店上市。", [], []),
    ("会上，腾讯集团宣布合作。", [], ["腾讯集团"]),
]


@pytest.fixture(scope="module")
def ready() -> Checker:
    return checker(DOCUMENT)


@pytest.mark.parametrize(("sentence", "absent", "present"), CASES, ids=[case[0][:40] for case in CASES])
def test_names(ready: Checker, sentence: str, absent: list[str], present: list[str]) -> None:
    found = [claim for claim in ready.check(sentence).claims if claim.kind == "name"]
    assert [claim.text for claim in found if not claim.supported] == absent
    assert [claim.text for claim in found if claim.supported] == present
