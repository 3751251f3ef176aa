"""Chinese names by their endings: companies, banks, universities, places, offices, persons with a title.

A name is the longest sensible run before its ending; where its first characters may be an ordinary word before it,
`shorter` gives the other ways to read it. Simplified and traditional characters are both known, and kept apart.
"""

import re
from collections.abc import Iterator

from assistant.checks.text import listed

_LONG = listed(
    "有限责任公司 有限責任公司 股份有限公司 有限公司 股份公司 公司 集团 集團 银行 銀行 大学 大學 学院 "
    "學院 中学 中學 小学 小學 医院 醫院 法院 检察院 檢察院 委员会 委員會 协会 協會 学会 學會 基金会 "
    "基金會 联合会 聯合會 研究院 研究所 研究中心 事务所 事務所 出版社 证券 证监会 交易所 自治区 自治區 "
    "自治州 特别行政区 开发区 博物馆 图书馆 圖書館 科技园 机场 機場 大厦 大廈 电视台 通讯社 株式会社 "
    "保险 酒店 共和国 共和國 联盟 聯盟 组织 組織"
)
_SHORT = listed("省 市 县 縣 区 區 州 镇 鎮 乡 鄉 部 厅 廳 局 署 院 党 黨 湖 河 江 岛 島 港 站")
_PERSONS = listed(
    "先生 女士 小姐 教授 博士 院士 总统 總統 总理 總理 主席 部长 部長 局长 局長 市长 市長 省长 省長 经理 "
    "經理 律师 律師 法官 董事长 董事長"
)
_STOP = set(
    "的了在是于於与與及或从從对對向被把将將为為以按该該此其每这這那个個家并並但若因让讓给給也都就即仅僅据據依过過已曾们們我你他她它请請签簽赴由称稱说說"
)
_COMMON = frozenset(
    listed(
        "上市 城市 都市 超市 股市 楼市 门市 市区 全市 夜市 全部 内部 外部 总部 干部 东部 西部 南部 北部 中部 "
        "部门 大部 局部 俱乐部 地区 社区 园区 小区 景区 郊区 灾区 山区 城区 辖区 片区 库区 城镇 乡镇 当局 "
        "格局 布局 结局 大局 全局 政局 节省 反省 学院 法院 医院 影院 剧院 车站 网站 香港 城乡 家乡 下乡 故乡 "
        "政党 大厅 客厅 餐厅 长江 黄河 公司 集团 银行 大学 委员会 协会 组织 保险 联盟 证券 小学 中学 医院 "
        "总公司 分公司 子公司 母公司 开发区 有限公司 股份公司 股份有限公司 商业银行 出版社 事务所 研究所 "
        "研究院 酒店 机场 保险公司 科技公司 上市公司 跨国公司 项目部 业务部 财务部"
    )
)
_NOT_BEFORE = {
    "市": "场值价况面民占長长",
    "部": "分门署長长件位队",
    "局": "面势限部長长",
    "区": "别分域间块",
    "省": "略去钱長长",
    "院": "子校長长",
}
_NOT_BEFORE |= {
    "州": "",
    "县": "長长",
    "港": "口元币",
    "江": "河",
    "河": "流",
    "站": "点台",
    "党": "员派",
    "岛": "屿",
    "镇": "静定",
    "组织": "者",
    "保险": "费金单人",
}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff〇]")
_ENDING_WORDS = sorted([*_LONG, *_SHORT, *_PERSONS], key=len, reverse=True)
_ENDING = re.compile("|".join(_ENDING_WORDS))
LONGEST = 24
"""Characters of a name, its ending included."""


def names(line: str, start: int = 0) -> list[tuple[int, int]]:
    """The names of a line from `start` on, as `(start, end)`."""
    found: list[tuple[int, int]] = []
    for ending in _ENDING.finditer(line, start):
        bound = max(found[-1][1] if found else start, ending.start() - _room(ending[0]))
        begin = ending.start()
        while begin > bound and _HAN.match(line[begin - 1]) and line[begin - 1] not in _STOP:
            begin -= 1
        if found and begin == found[-1][1] and ending[0] in _LONG and ending.end() - found[-1][0] <= LONGEST:
            found[-1] = (found[-1][0], ending.end())
        elif _sensible(line, begin, ending):
            found.append((begin, ending.end()))
    return found


def shorter(name: str) -> Iterator[str]:
    """The name without its first character, without its first two, ... with two characters left before its ending."""
    ending = max((one for one in _ENDING_WORDS if name.endswith(one)), key=len, default="")
    for begin in range(1, len(name) - len(ending) - 1):
        yield name[begin:]


def may_precede(character: str) -> bool:
    """Whether a name may begin right after this character of running Chinese."""
    return not character or character in _STOP or not _HAN.match(character)


def _room(ending: str) -> int:
    """How many characters may stand before the ending."""
    if ending in _PERSONS:
        return 4
    return 4 if ending in _SHORT else LONGEST - len(ending)


def _sensible(line: str, begin: int, ending: re.Match[str]) -> bool:
    length = ending.start() - begin
    if length < (1 if ending[0] in _PERSONS else 2):
        return False
    after = line[ending.end() : ending.end() + 1]
    if after and after in _NOT_BEFORE.get(ending[0], ""):
        return False
    name = line[begin : ending.end()]
    return not any(name.endswith(common) and len(common) > len(name) - 2 for common in _COMMON)
