"""The messages' structure, the schema in both directions, and reading what ports send."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from entrepot.customs.ceb import message, schema, signing
from entrepot.customs.ceb.tables import CEB, LIST_HEAD, MESSAGES, ORDER_HEAD
from entrepot.customs.rules import papers
from entrepot.customs.tests.paper_makers import NOW, OTHERS, TRANSFER, built, facts, identity, sign, travelling
from entrepot.customs.types import DocumentKind
from entrepot.kit.ids import new_id
from tests.examples import many

KINDS = [DocumentKind.ORDER, DocumentKind.PAYMENT, DocumentKind.WAYBILL, DocumentKind.LIST]
PORT_XSD = Path(__file__).parents[2] / "sandbox" / "customs" / "data" / "ceb.xsd"

# Element order of real messages (specification 202205), written down here a second time on purpose.
APPLIED = (
    "guid appType appTime appStatus customsCode orderNo ebpCode ebpName ebcCode ebcName logisticsNo logisticsCode"
    " logisticsName copNo preNo invtNo buyerIdType buyerIdNumber buyerName buyerTelephone agentCode agentName reason"
)
GOLDEN = {
    DocumentKind.ORDER: (
        "Order/OrderHead: guid appType appTime appStatus orderType orderNo ebpCode ebpName ebcCode ebcName goodsValue"
        " freight discount taxTotal acturalPaid currency buyerRegNo buyerName buyerTelephone buyerIdType buyerIdNumber"
        " payCode payName payTransactionId batchNumbers consignee consigneeTelephone consigneeAddress"
        " consigneeDistrict",
        "Order/OrderList: gnum itemNo itemName gmodel barCode unit qty price totalPrice currency country",
    ),
    DocumentKind.PAYMENT: (
        "Payment/PaymentHead: guid appType appTime appStatus payCode payName payTransactionId orderNo ebpCode ebpName"
        " payerIdType payerIdNumber payerName telephone amountPaid currency payTime",
    ),
    DocumentKind.WAYBILL: (
        "Logistics/LogisticsHead: guid appType appTime appStatus logisticsCode logisticsName logisticsNo orderNo"
        " freight insuredFee currency weight packNo goodsInfo consignee consigneeAddress consigneeTelephone",
    ),
    DocumentKind.LIST: (
        "Inventory/InventoryHead: guid appType appTime appStatus orderNo ebpCode ebpName ebcCode ebcName logisticsNo"
        " logisticsCode logisticsName copNo assureCode emsNo ieFlag declTime customsCode portCode buyerIdType"
        " buyerIdNumber buyerName buyerTelephone consigneeAddress agentCode agentName areaCode areaName tradeMode"
        " trafMode country freight insuredFee currency packNo grossWeight netWeight",
        "Inventory/InventoryList: gnum itemRecordNo itemNo itemName gcode gname gmodel barCode country currency qty"
        " unit qty1 unit1 price totalPrice",
    ),
    DocumentKind.SIGNED_FOR: (
        "LogisticsStatus: guid appType appTime appStatus logisticsCode logisticsName logisticsNo logisticsStatus"
        " logisticsTime",
    ),
    DocumentKind.CANCEL: (f"InvtCancel: {APPLIED}",),
    DocumentKind.RETURN: (
        f"InvtRefund/InvtRefundHead: {APPLIED}",
        "InvtRefund/InvtRefundList: gnum gcode gname qty unit",
    ),
    DocumentKind.INBOUND: (
        "Delivery/DeliveryHead: guid appType appTime appStatus customsCode copNo operatorCode operatorName ieFlag"
        " trafMode trafNo voyageNo billNo logisticsCode logisticsName unloadLocation",
        "Delivery/DeliveryList: gnum logisticsNo",
    ),
}


def _port_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(PORT_XSD.read_bytes()))


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_a_message_has_the_elements_in_their_order(kind: DocumentKind) -> None:
    root = built(kind)
    for golden in GOLDEN[kind]:
        path, _, names = golden.partition(": ")
        found = root.find("/".join(f"{{{CEB}}}{part}" for part in path.split("/")))
        assert found is not None
        assert [message.local(child) for child in found] == names.split()


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_root_and_head_carry_the_same_guid_and_the_sender_stands_at_the_end(kind: DocumentKind) -> None:
    root = built(kind)
    assert root.tag == f"{{{CEB}}}CEB{kind}Message"
    assert root.get("version") == "1.0"
    guid = root.get("guid")
    assert guid is not None
    assert len(guid) == 36
    assert guid == guid.upper() == root.findtext(f".//{{{CEB}}}guid")
    transfer = root[-1]
    assert [(message.local(child), child.text) for child in transfer] == list(TRANSFER.items())


def test_direct_purchase_states_the_carriage_and_no_account_book() -> None:
    head = message.read(travelling(built(DocumentKind.LIST, facts(mode="9610")))).head
    assert (head["trafNo"], head["voyageNo"], head["billNo"]) == ("SX123", "0042", "999-12345678")
    assert (head["trafMode"], head["country"], head["tradeMode"]) == ("5", "601", "9610")
    assert {"emsNo", "areaCode", "areaName"}.isdisjoint(head)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["1210", "9610"])
def test_what_we_send_passes_our_schema_and_the_ports(kind: DocumentKind, mode: str) -> None:
    root = built(kind, facts(mode=mode))
    sign(root)
    message.check(root)
    port = _port_schema()
    assert port.validate(root), port.error_log


def test_the_list_must_be_signed() -> None:
    with pytest.raises(message.NotWellMade):
        message.check(built(DocumentKind.LIST))
    message.check(built(DocumentKind.ORDER))
    for kind in (DocumentKind.CANCEL, DocumentKind.RETURN, DocumentKind.INBOUND):
        root = built(kind)
        with pytest.raises(message.NotWellMade):
            message.check(root)
        sign(root)
        message.check(root)


def test_amounts_are_written_plainly_with_five_places_at_most() -> None:
    assert message.decimal_text(Decimal("200.00")) == "200"
    assert message.decimal_text(Decimal("1E+3")) == "1000"
    assert message.decimal_text(Decimal("0.00001")) == "0.00001"
    with pytest.raises(message.NotWellMade):
        message.decimal_text(Decimal("0.000001"))


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=10**13, places=5))
def test_any_amount_of_the_specification_is_written_and_read_back(amount: Decimal) -> None:
    root = built(DocumentKind.PAYMENT)
    element = root.find(f".//{{{CEB}}}amountPaid")
    assert element is not None
    element.text = message.decimal_text(amount)
    message.check(root)
    assert Decimal(element.text) == amount


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("amountPaid", "1.000001"),
        ("amountPaid", "-1"),
        ("amountPaid", "12345678901234567890"),
        ("amountPaid", "1,5"),
        ("currency", "1422"),
        ("payTime", "20261332000000"),
        ("payerName", "张" * 61),
        ("payerName", ""),
        ("guid", "0" * 35),
    ],
)
def test_a_value_outside_its_type_fails_both_schemas(path: str, text: str) -> None:
    root = built(DocumentKind.PAYMENT)
    element = root.find(f".//{{{CEB}}}{path}")
    assert element is not None
    element.text = text
    with pytest.raises(message.NotWellMade) as caught:
        message.check(root)
    assert text not in str(caught.value) or not text
    if path != "payTime":  # the port's own schema looks at the digits only
        assert not _port_schema().validate(root)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_doubled_moved_or_strange_element_fails_both_schemas(kind: DocumentKind) -> None:
    port = _port_schema()
    bearer = MESSAGES[kind].head.name
    for spoil in range(4):
        root = built(kind)
        sign(root)
        head = root.find(f".//{{{CEB}}}{bearer}")
        assert head is not None
        if spoil == 0:
            head.remove(head[5])
        elif spoil == 1:
            head.insert(5, etree.fromstring(etree.tostring(head[5])))
        elif spoil == 2:
            head.append(head[5])
        else:
            etree.SubElement(head, f"{{{CEB}}}somethingElse").text = "1"
        assert schema.faults(root)
        assert not port.validate(root)


def test_values_that_do_not_fit_are_refused_before_anything_is_written() -> None:
    head = {"guid": new_id(), "strange": "1"}
    with pytest.raises(message.NotWellMade, match="strange"):
        _write(DocumentKind.PAYMENT, message.Body(head))
    with pytest.raises(message.NotWellMade, match="missing"):
        _write(DocumentKind.PAYMENT, message.Body({"guid": new_id()}))
    with pytest.raises(message.NotWellMade, match="99"):
        _write(DocumentKind.ORDER, message.Body({}, [{}] * 100))
    for count in (0, 101):
        with pytest.raises(message.NotWellMade, match="100"):
            _write(DocumentKind.SIGNED_FOR, *[_signed_for()] * count)


def _write(kind: DocumentKind, *bodies: message.Body) -> bytes:
    return message.write(kind, id_=new_id(), bodies=bodies, transfer=TRANSFER)


def _signed_for(**changes: object) -> message.Body:
    whole = papers.headed(OTHERS[DocumentKind.SIGNED_FOR], id_=new_id(), app_type="1", now=NOW)
    return message.Body({**whole.head, **changes})


def test_a_hundred_documents_are_one_message_and_each_is_held_against_the_schema() -> None:
    content = _write(DocumentKind.SIGNED_FOR, *[_signed_for() for _ in range(100)])
    message.checked(signing.sealed(content, identity()))
    guids = [element.text for element in etree.fromstring(content).iter(f"{{{CEB}}}guid")]
    assert len(set(guids)) == 100
    bad = _write(DocumentKind.SIGNED_FOR, *[_signed_for() for _ in range(99)], _signed_for(logisticsStatus="SS"))
    with pytest.raises(message.NotWellMade, match="logisticsStatus"):
        message.checked(signing.sealed(bad, identity()))


@settings(max_examples=many(100), deadline=None)
@given(
    st.text(max_size=40),
    st.text(alphabet="<>&\"' \t\r\n\xa0\u2028\u3000a", max_size=20),
    st.sampled_from(list(DocumentKind)),
)
def test_what_is_written_is_in_canonical_form_whatever_it_says(text: str, marks: str, kind: DocumentKind) -> None:
    """Otherwise its digest would not be the document's."""
    try:
        content = _write(DocumentKind.SIGNED_FOR, _signed_for(note=text + marks, logisticsName=marks + text))
    except message.NotWellMade:
        return
    assert etree.tostring(etree.fromstring(content), method="c14n", with_comments=True) == content
    other = signing.canonical(built(kind))
    signed = etree.fromstring(signing.sealed(other, identity()))
    assert signing.verify(signed, identity().certificate) == other


def test_control_characters_never_reach_a_message() -> None:
    root = built(DocumentKind.WAYBILL, facts(declared_name="奶粉\x00\u200b\n（新）"))
    assert root.findtext(f".//{{{CEB}}}goodsInfo") == "奶粉 （新）、奶粉 （新）"


def test_dates_are_written_in_china_time() -> None:
    root = built(DocumentKind.LIST)
    assert root.findtext(f".//{{{CEB}}}appTime") == "20261121120000"
    assert root.findtext(f".//{{{CEB}}}declTime") == date(2026, 11, 21).strftime("%Y%m%d")


RECEIPT = """<?xml version="1.0" encoding="{encoding}"?>
<CEB312Message xmlns="http://www.chinaport.gov.cn/ceb" version="1.0" guid="C49D69D2-2544-4C8F-96E6-F82C65C1CA0C">
<OrderReturn><newThing><deep/></newThing><guid>4f2011fc-4ed0-478c-b190-22e76ef8b78a</guid><ebpCode>33169667BG</ebpCode>
<orderNo>KL1-1</orderNo><returnTime>20191112143633776</returnTime><returnStatus> 2 </returnStatus>
<returnInfo>新增申报<!-- quietly -->成功[8F49799F-EA6F-4E03-87FC-6123DBF163F2]</returnInfo></OrderReturn>
</CEB312Message>"""


@pytest.mark.parametrize("encoding", ["UTF-8", "gb2312", "GBK", "GB18030"])
def test_a_receipt_is_read_past_unknown_elements_any_order_and_chinese_encodings(encoding: str) -> None:
    root = message.parse(RECEIPT.format(encoding=encoding).encode(encoding))
    answer, (one,) = message.read_answer(root)
    assert answer.kind is DocumentKind.ORDER
    assert one.head["orderNo"] == "KL1-1"
    assert one.head["returnStatus"] == "2"
    assert one.head["returnInfo"] == "新增申报成功[8F49799F-EA6F-4E03-87FC-6123DBF163F2]"
    assert "newThing" not in one.head


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"plain text",
        b"\x00\x01\x02",
        b"<a/>",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b"<CEB312Message xmlns='http://www.chinaport.gov.cn/ceb' version='1.0'/>",
        b"<CEB312Message xmlns='urn:other' version='1.0'/>",
        b"<" + b"a" * 2_000_000 + b"/>",
        b"<a>" * 300 + b"</a>" * 300,
    ],
    ids=range(13),
)
def test_what_is_no_receipt_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(message.NotWellMade):
        message.read_answer(message.parse(body))


def test_tables_hold_no_element_twice() -> None:
    for entity in (ORDER_HEAD, LIST_HEAD, *(m.head for m in MESSAGES.values())):
        assert len(entity.names) == len(entity.fields)
