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
_PLACES = listed("省 市 县 縣 区 區 州 镇 鎮 乡 鄉 湖 河 江 岛 島 港 站")
_OFFICES = listed("部 厅 廳 局 署 院 党 黨")
_PERSONS = listed(
    "先生 女士 小姐 教授 博士 院士 总统 總統 总理 總理 主席 部长 部長 局长 局長 市长 市長 省长 省長 经理 "
    "經理 律师 律師 法官 董事长 董事長"
)
_STOP = frozenset(
    "的了在是于於與与及和或从從对對向被把将將为為以按该該此其每这這那个個家并並但若因让讓给給也就即仅僅据據依过過已曾们們"
    "我你他她它请請签簽赴由称稱说說"
)
_STOP_PAIRS = frozenset(
    listed(
        "来自 來自 位于 其中 包括 目前 今年 去年 明年 近日 日前 通过 宣布 关于 有关 没有 前往 访问 抵达 到达 "
        "参观 加入 现任 担任 出任 时任 会上 随后 此外 同时 同意 收购 起诉 旗下 下属 所属 首都 省会"
    )
)
_KEPT = listed("华为 國家 国家 和平 发展和改革 工业和信息化 资源和社会保障 住房和城乡 文化和旅游 卫生和计划")
"""Words of names that hold a character of `_STOP`."""
_COMMON = frozenset(
    listed(
        "上市 城市 超市 股市 楼市 门市 全市 夜市 本市 全部 内部 外部 总部 干部 东部 西部 南部 北部 中部 大部 "
        "局部 俱乐部 门部 地区 社区 园区 小区 景区 郊区 灾区 山区 城区 市区 辖区 片区 库区 城镇 乡镇 当局 "
        "格局 布局 结局 大局 全局 政局 节省 反省 全省 影院 剧院 学院 法院 医院 研究院 车站 网站 城乡 家乡 "
        "下乡 故乡 政党 大厅 客厅 餐厅 全县 各省 各市 各县 各区 各州 各部"
    )
)
"""Ordinary words that end as names do; a short ending within one of them is none."""
_ALONE = frozenset(
    listed(
        "总公司 分公司 子公司 母公司 开发区 有限公司 股份公司 股份有限公司 商业银行 保险公司 科技公司 "
        "上市公司 跨国公司 本公司 贵公司 大公司 小公司 新公司 两家公司 中央银行 投资银行 重点大学 董事会 "
        "委员会 基金会 人民法院 会计师事务所 律师事务所 项目公司 目标公司 合资公司 控股公司 关联公司 "
        "母子公司 副总经理 总经理 副主席 副总统 副总理 副部长 副市长 副省长 副局长 副董事长"
    )
)
"""Long endings that are no name by themselves."""
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
_ENDING_WORDS = sorted([*_LONG, *_PLACES, *_OFFICES, *_PERSONS], key=len, reverse=True)
_ENDING = re.compile("|".join(_ENDING_WORDS))
LONGEST = 24
"""Characters of a name, its ending included."""


def names(line: str, start: int = 0) -> list[tuple[int, int]]:
    """The names of a line from `start` on, as `(start, end)`."""
    found: list[tuple[int, int]] = []
    for ending in _ENDING.finditer(line, start):
        bound = max(found[-1][1] if found else start, ending.start() - _room(ending[0]))
        begin = ending.start()
        while begin > bound and not _stops(line, begin):
            begin -= 1
        if found and begin == found[-1][1] and ending[0] in _LONG and ending.end() - found[-1][0] <= LONGEST:
            found[-1] = (found[-1][0], ending.end())
        elif _sensible(line, begin, ending):
            found.append((begin, ending.end()))
    return found


def _stops(line: str, begin: int) -> bool:
    """Whether no name reaches back over the character before `begin`."""
    last = line[begin - 1]
    if not _HAN.match(last) or line[begin - 2 : begin] in _STOP_PAIRS:
        return True
    return last in _STOP and not any(
        word.startswith(last, at) and line.startswith(word, begin - 1 - at) for word in _KEPT for at in range(len(word))
    )


def shorter(name: str) -> Iterator[str]:
    """The name without its first character, without its first two, ... with two characters left before its ending."""
    ending = max((one for one in _ENDING_WORDS if name.endswith(one)), key=len, default="")
    for begin in range(1, len(name) - len(ending) - 1):
        yield name[begin:]


def may_begin(text: str, at: int) -> bool:
    """Whether a name may begin at this place of running Chinese, because nothing of one stands before it."""
    return at == 0 or _stops(text, at)


def _room(ending: str) -> int:
    """How many characters may stand before the ending."""
    if ending in _PERSONS or ending in _PLACES:
        return 4
    return 10 if ending in _OFFICES else LONGEST - len(ending)


def _sensible(line: str, begin: int, ending: re.Match[str]) -> bool:
    name = line[begin : ending.end()]
    if len(name) < len(ending[0]) + (1 if ending[0] in _PERSONS else 2) or name in _ALONE:
        return False
    after = line[ending.end() : ending.end() + 1]
    if after and after in _NOT_BEFORE.get(ending[0], ""):
        return False
    return ending[0] in _LONG or not any(map(name.endswith, _COMMON))
