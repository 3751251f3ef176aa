"""What the scenes are made of: talks, contracts with their summaries, models and what they take of the memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant import FAKE_INFO, Installed, MemoryRow, Usage
from assistant.gguf.header import Rope

INFO = replace(
    FAKE_INFO,
    name="Index-1.9B-32K",
    context=32_768,
    trained_context=32_768,
    layers=36,
    parameters=2_170_000_000,
    path="/models/index-1.9b-32k-q4_k_m.gguf",
    proof="proven",
    kv="q8_0/f16",
    memory=round(6.0 * 2**30),
)
TURNS = (
    (
        "Why do fireflies glow?",
        "Mostly **to find each other**. In its abdomen a firefly lets *luciferin* react with oxygen, helped by the "
        "enzyme *luciferase*; what comes out is light, and hardly any heat.\n\n"
        "| who | glows | to say |\n|---|---|---|\n| males | in flight, each species in its own rhythm | here I am |\n"
        "| females | from the grass, after a fixed pause | here I am too |\n| larvae | on the ground | I taste bad |",
        Usage(31, 0, 92, 32_768, 0.0, 0.2, 3.3),
    ),
    (
        "萤火虫在中文诗里有什么含义？请用一句话回答。",
        "在中国古诗里，萤火虫常常象征**勤学**（“囊萤映雪”），也象征秋夜的清寂与时光的流逝。",
        Usage(168, 123, 38, 32_768, 0.0, 0.3, 1.4),
    ),
    (
        "And how long is one flash, in code?",
        "About half a second, every five to six seconds:\n\n```python\ndef flashes(seconds: float) -> int:\n"
        '    """Flashes of one male of Photinus pyralis."""\n    return int(seconds // 5.5) + 1\n```\n\n'
        "- the pause depends on the temperature\n- and on the species 🎇",
        Usage(230, 206, 71, 32_768, 0.0, 0.2, 2.6),
    ),
)
CONTRACT = """\
# Lease of business premises

This lease is made on 12 March 2024 between **Northwind Ltd** (the landlord) and Blue Harbour GmbH (the tenant).

## 1. Premises

The landlord lets the ground floor of 14 Quay Street, 212 square metres, to the tenant for use as an office.

## 2. Rent

The tenant pays 4,200 euros a month, in advance, by the third working day. From the second year on the rent follows the
consumer price index, at most 3 % a year. A deposit of 12,600 euros is due when the keys are handed over.

## 3. Term

The term is 36 months and ends on 31 March 2027. The tenant may extend it once by 24 months, in writing, at the latest
90 days before it ends.

## 4. Repairs

Repairs up to 500 euros each, and 2,000 euros a year together, are the tenant's. All others are the landlord's.

## 5. Delay

For each day of delay in payment 1.5 % of the monthly rent is owed. After 30 days of delay the landlord may end the
lease without notice.
""" + "".join(
    f"\n## {number}. Schedule {number - 5}\n\nThe parties act in good faith in the matters of schedule {number - 5}, "
    "which is part of this lease. Changes of it need the signature of both.\n"
    for number in range(6, 24)
)
SUMMARY = """\
Northwind Ltd lets 212 square metres at 14 Quay Street to Blue Harbour GmbH for 4,200 euros a month.

- The lease ends on 31 March 2027; the tenant may extend it once by 24 months.
- Rent rises with the price index, at most 5 % a year, and a deposit of 12,600 euros is due.
- Repairs up to 500 euros are the tenant's.

After 30 days of delay the landlord may end it without notice."""
"""One of its figures is not in the contract: 5 %."""
CONTRACT_ZH = """\
# 办公用房租赁合同

本合同由出租方北风科技有限公司与承租方蓝港贸易有限公司于2024年3月12日签订。

## 第一条 房屋

出租方将位于滨江路14号一层、建筑面积212平方米的房屋出租给承租方，用于办公。

## 第二条 租金

月租金为人民币4,200元，承租方应于每月5日前支付。自第二年起，租金每年上调不超过3%。承租方应在交房时支付押金12,600元。

## 第三条 租期

租期36个月，至2027年3月31日届满。承租方可在届满90日前书面申请续租一次，续租期为24个月。

## 第四条 维修

单次费用不超过500元、全年累计不超过2,000元的维修由承租方承担，其余由出租方承担。

## 第五条 违约

逾期支付租金的，每逾期一日按月租金的1.5%支付违约金；逾期超过30日的，出租方可以解除合同。
""" + "".join(
    f"\n## 附件{number}\n\n双方应本着诚信原则履行附件{number}所列事项，其变更须经双方签字。\n"
    for number in range(1, 19)
)
SUMMARY_ZH = """\
北风科技有限公司将滨江路14号一层212平方米的办公用房出租给蓝港贸易有限公司，月租金4,200元。

- 租期至2027年3月31日届满，可续租一次，续租期24个月。
- 租金自第二年起每年上调不超过5%，押金12,600元。
- 单次不超过500元的维修由承租方承担。

逾期超过30日的，出租方可以解除合同。"""
"""Likewise: 5%."""
GIB = 1 << 30
MODELS = (
    Installed(
        "index-1.9b-32k-q4_k_m",
        Path("/models/index-1.9b-32k-q4_k_m.gguf"),
        "folder",
        round(1.24 * GIB),
        "Q4_K_M",
        2_170_000_000,
        32_768,
        "llama",
        36,
        Rope(320_000.0, None, "none", None, None),
        chats=True,
        licence="apache-2.0",
        proof="proven",
        why="header, tensors, tokens, logits and divergence agree with its source",
        last_used=datetime.now(UTC) - timedelta(hours=3, minutes=1),
        is_default=True,
    ),
    Installed(
        "sus-chat-34b-q4_k_m",
        Path("/models/sus-chat-34b-q4_k_m.gguf"),
        "folder",
        round(19.24 * GIB),
        "Q4_K_M",
        34_400_000_000,
        8192,
        "llama",
        60,
        Rope(5_000_000.0, None, "none", None, None),
        chats=True,
        licence="apache-2.0",
        proof="partly proven",
        why="logits were not compared",
        last_used=datetime.now(UTC) - timedelta(days=4, minutes=1),
    ),
    Installed(
        "starter",
        Path("/packages/SmolLM2-135M-Instruct.Q4_1.gguf"),
        "starter",
        94 << 20,
        "Q4_1",
        135_000_000,
        8192,
        "llama",
        30,
        Rope(100_000.0, None, "none", None, None),
        chats=True,
        licence="apache-2.0",
    ),
)
ROWS = (
    MemoryRow(32_768, "f16", round(10.4 * GIB), round(1.2 * GIB), round(9.1 * GIB), fits=False, chosen=False),
    MemoryRow(
        32_768, "q8_0/f16", round(8.2 * GIB), round(1.2 * GIB), round(9.1 * GIB), fits=True, chosen=True, first_word=412
    ),
    MemoryRow(
        32_768, "q8_0", round(6.0 * GIB), round(1.2 * GIB), round(9.1 * GIB), fits=True, chosen=False, first_word=1160
    ),
    MemoryRow(8192, "f16", round(3.6 * GIB), round(1.2 * GIB), round(9.1 * GIB), fits=True, chosen=True, first_word=71),
)
