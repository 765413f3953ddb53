"""Every kind of answer is read: all elements in our order, some moved and some unknown, and only what must be there."""

from __future__ import annotations

import pytest
from lxml import etree

from entrepot.customs.ceb import message
from entrepot.customs.ceb.tables import ANSWERS, CEB
from entrepot.kit.ids import new_id

KEYS = {"preNo": "B20261121310500001", "invtNo": "31052026I000000001"}
TOLD = {"returnStatus": "120", "returnTime": "20261121120000123", "returnInfo": "[Code:1800;Desc:逻辑校验通过]"}
_LIST = {
    "guid": "4f2011fc-4ed0-478c-b190-22e76ef8b78a",
    "customsCode": "3105",
    "agentCode": "A",
    "ebpCode": "P",
    "ebcCode": "C",
}
_BILL = {
    "guid": "E98878CC-48EF-4CE5-968D-DDDC3D47A304", "returnTime": "20261121171556658", "invtNo": KEYS["invtNo"],
    "taxNo": "31052026I000000001_0",
}  # fmt: skip
# Written down here a second time on purpose: what real ports send, in their own order.
SAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    "312": ("OrderReturn", {"guid": "1", "ebpCode": "P", "ebcCode": "C", "orderNo": "KL1-1", **TOLD}),
    "412": ("PaymentReturn", {"guid": "1", "payCode": "W", "payTransactionId": "42", **TOLD}),
    "512": ("LogisticsReturn", {"guid": "1", "logisticsCode": "L", "logisticsNo": "SX1", **TOLD}),
    "514": ("LogisticsStatusReturn", {"guid": "1", "logisticsNo": "SX1", "logisticsStatus": "S", **TOLD}),
    "622": ("InventoryReturn", {**_LIST, "copNo": "KL11", **KEYS, **TOLD}),
    "624": ("InvtCancelReturn", {**_LIST, "copNo": "KL11", **KEYS, **TOLD}),
    "626": ("InvtRefundReturn", {**_LIST, "copNo": "KL11", **KEYS, **TOLD}),
    "712": ("DeliveryReturn", {"guid": "1", "operatorCode": "O", "copNo": "IN1", "rkdNo": "R1", **TOLD}),
    "816": (
        "TaxHeadRd",
        {**_BILL, "customsTax": "0.0", "valueAddedTax": "37.31", "consumptionTax": "0.0", "status": "1",
         "entDutyNo": "", "note": "", "assureCode": "G", "ebcCode": "C", "logisticsCode": "L", "agentCode": "A",
         "customsCode": "3105", "orderNo": "KL1-1", "logisticsNo": "SX1"},
    ),
    "818": ("TaxHeadStatus", {**_BILL, "status": "2", "entDutyNo": "310520261234567890L01", "assureCode": "G"}),
    "900": (
        "MessageReturn",
        {"guid": "1", "returnStatus": "-1", "returnInfo": "XSD", "returnTime": TOLD["returnTime"], "oriCopMsgId": "1",
         "oriMessageType": "CEB621Message", "oriBizMessage": "KL11"},
    ),
}  # fmt: skip
UNKNOWN = "<portOnly><deep>1</deep></portOnly>"
TAX_LINES = "".join(
    f"<TaxListRd>{UNKNOWN}<gnum>{n}</gnum><gcode>3304990039</gcode><taxPrice>410.00000</taxPrice><customsTax>0</customsTax>"
    f"<consumptionTax>0</consumptionTax><valueAddedTax>18.655</valueAddedTax></TaxListRd>"
    for n in (1, 2)
)


def _parsed(number: str, inside: str) -> etree._Element:
    opening = f'<CEB{number}Message xmlns="{CEB}" version="1.0" guid="{new_id()}">'
    return message.parse(f"{opening}{UNKNOWN}{inside}</CEB{number}Message>".encode())


def _inside(number: str, texts: dict[str, str], count: int = 1) -> str:
    name = SAMPLES[number][0]
    one = f"<{name}>{UNKNOWN}{''.join(f'<{key}>{text}</{key}>' for key, text in texts.items())}</{name}>"
    if name.startswith("Tax"):
        one = f"<Tax>{one}{TAX_LINES if number == '816' else ''}</Tax>"
    return one * count


def test_there_is_a_sample_of_every_answer() -> None:
    assert {f"CEB{number}Message" for number in SAMPLES} == set(ANSWERS)


@pytest.mark.parametrize("number", SAMPLES)
@pytest.mark.parametrize("backwards", [False, True])
def test_every_answer_is_read_whole_past_what_is_unknown_in_any_order(number: str, backwards: bool) -> None:
    texts = SAMPLES[number][1]
    sent = dict(reversed(texts.items())) if backwards else texts
    answer, bodies = message.read_answer(_parsed(number, _inside(number, sent, 3)))
    assert answer.root == f"CEB{number}Message"
    assert len(bodies) == 3
    strange = {"orderNo", "logisticsNo"} if number == "816" else set()
    expected = {name: text for name, text in texts.items() if text and name not in strange}
    assert [body.head for body in bodies] == [expected] * 3
    assert [body.head for body in bodies][0].get(answer.number or "guid")
    lines = [(line["gnum"], line["valueAddedTax"]) for line in bodies[0].lines]
    assert lines == ([("1", "18.655"), ("2", "18.655")] if number == "816" else [])


@pytest.mark.parametrize("number", SAMPLES)
def test_an_answer_without_what_it_must_say_or_with_what_it_cannot_mean_is_refused(number: str) -> None:
    texts = SAMPLES[number][1]
    answer = ANSWERS[f"CEB{number}Message"]
    needed = [field.name for field in answer.head.fields if not field.optional]
    assert needed
    for name in needed:
        with pytest.raises(message.NotWellMade, match="not expected|incomplete"):
            message.read_answer(_parsed(number, _inside(number, {**texts, name: ""})))
        with pytest.raises(message.NotWellMade, match=name):
            message.read_answer(_parsed(number, _inside(number, {**texts, name: "x" * 2_000})))
    for inside in ("", _inside(number, texts, 101)):
        with pytest.raises(message.NotWellMade):
            message.read_answer(_parsed(number, inside))


def test_unknown_messages_and_our_own_requests_are_no_answers() -> None:
    for number in ("311", "817", "999", "31"):
        with pytest.raises(message.NotWellMade, match="no receipt"):
            message.read_answer(_parsed(number, "<OrderReturn/>"))
