"""Delivery addresses in mainland China."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.identity import models, rules
from entrepot.identity.divisions import tree
from entrepot.identity.types import Address, AddressDraft, detail_length_max, name_length_max
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.kit.sealing import sealer

addresses_max = 20  # a buyer
_SEALED = ("recipient", "phone", "detail")
_TYPED = (*_SEALED, "province_code", "city_code", "district_code")
_PLAIN = tuple(name for name in Address.__struct_fields__ if name not in _SEALED)
OUTSIDE = {"71", "81", "82"}  # province codes of Taiwan, Hong Kong and Macao: other customs territories


class OutsideChina(Invalid):
    code = "outside_china"
    zh = "目前只能送到中国内地（大陆）的地址，港澳台及海外暂不支持"
    en = "We deliver to addresses in mainland China only"


class UnknownDivision(Invalid):
    code = "unknown_division"
    zh = "所选的省、市、区县不存在或互不对应，请重新选择"
    en = "This province, city and district do not belong together: please choose again"


class InvalidPhone(Invalid):
    code = "invalid_phone"
    zh = "请填写正确的中国内地手机或座机号码"
    en = "Enter a valid phone number in mainland China"


class InvalidText(Invalid):
    code = "invalid_text"
    zh = "此项不能为空，最多 {length_max} 个字符，且不能包含特殊控制字符"
    en = "This cannot be empty and has at most {length_max} characters, none of them control characters"


class NoAddress(NotFound):
    zh = "没有找到这个收货地址"
    en = "There is no such address"


class TooManyAddresses(Refusal):
    code = "too_many_addresses"
    status = 409
    zh = "最多保存 {addresses_max} 个收货地址，请先删除不用的"
    en = "You can keep at most {addresses_max} addresses: remove one first"


def _checked(draft: AddressDraft) -> tuple[AddressDraft, dict[str, str]]:
    """The draft with normal forms, and the names of its divisions. Refuses what cannot be delivered to."""
    if draft.country != "CN" or draft.province_code[:2] in OUTSIDE:
        raise OutsideChina(field="country" if draft.country != "CN" else "province_code")
    names: dict[str, str] = {}
    parent = ""
    for kind, code in (("province", draft.province_code), ("city", draft.city_code), ("district", draft.district_code)):
        name = tree().named(parent, code)
        if name is None:
            raise UnknownDivision(field=f"{kind}_code")
        names[kind], parent = name, code
    recipient = rules.plain_text(draft.recipient, length_max=name_length_max)
    if recipient is None:
        raise InvalidText(field="recipient", length_max=name_length_max)
    phone = rules.phone_number(draft.phone, chinese_only=True)
    if phone is None:
        raise InvalidPhone(field="phone")
    detail = rules.plain_text(draft.detail, length_max=detail_length_max)
    if detail is None:
        raise InvalidText(field="detail", length_max=detail_length_max)
    return replace(draft, recipient=recipient, phone=phone, detail=detail), names


def _fill(row: models.Address, draft: AddressDraft, names: dict[str, str], now: datetime) -> None:
    for field, text in (("recipient", draft.recipient), ("phone", draft.phone), ("detail", draft.detail)):
        setattr(row, f"{field}_sealed", sealer().seal(text, f"address.{field}:{row.id}"))
    row.province_code, row.city_code, row.district_code = draft.province_code, draft.city_code, draft.district_code
    row.province, row.city, row.district = names["province"], names["city"], names["district"]
    row.changed_at = now


@transaction.atomic
def add_address(*, buyer_id: UUID, draft: AddressDraft, now: datetime) -> UUID:
    """Keep a new address; the first one, or one that wishes so, becomes the default.

    Refuses OutsideChina, UnknownDivision, InvalidPhone, InvalidText (each with `field`), TooManyAddresses.
    """
    checked, names = _checked(draft)
    own = models.Address.objects.filter(buyer_id=buyer_id)
    _one_at_a_time(buyer_id)
    count = own.count()
    if count >= addresses_max:
        raise TooManyAddresses(addresses_max=addresses_max)
    row = models.Address(id=new_id(), buyer_id=buyer_id, created_at=now, is_default=draft.is_default or count == 0)
    _fill(row, checked, names, now)
    if row.is_default:
        own.filter(is_default=True).update(is_default=False)
    row.save(force_insert=True)
    return row.id


@transaction.atomic
def keep_address(*, buyer_id: UUID, draft: AddressDraft, now: datetime) -> UUID:
    """`add_address` for what may be sent again: the very address that the buyer has already is the same record."""
    checked, _ = _checked(draft)
    _one_at_a_time(buyer_id)
    for row in models.Address.objects.filter(buyer_id=buyer_id).order_by("id"):
        if _is(opened(vars(row)), checked) and (row.is_default or not draft.is_default):
            return row.id
    return add_address(buyer_id=buyer_id, draft=draft, now=now)


def _one_at_a_time(buyer_id: UUID) -> None:
    """The person's row serialises what is done to their addresses: two tabs can neither pass the limit nor leave two
    defaults or none. Refuses NotFound."""
    if not models.Person.objects.select_for_update(no_key=True).filter(id=buyer_id).exists():
        raise NotFound(what="person")


def _is(known: Address, draft: AddressDraft) -> bool:
    return all(getattr(known, name) == getattr(draft, name) for name in _TYPED)


@transaction.atomic
def change_address(*, address_id: UUID, buyer_id: UUID, draft: AddressDraft, now: datetime) -> None:
    """Replace an address. Orders already placed keep their own copy. Refuses as `add_address`, and NotFound."""
    checked, names = _checked(draft)
    _one_at_a_time(buyer_id)
    own = models.Address.objects.filter(buyer_id=buyer_id)
    row = own.filter(id=address_id).first()
    if row is None:
        raise NoAddress()
    _fill(row, checked, names, now)
    if draft.is_default and not row.is_default:
        own.filter(is_default=True).update(is_default=False)
        row.is_default = True
    row.save()


@transaction.atomic
def drop_address(*, address_id: UUID, buyer_id: UUID) -> None:
    """Forget an address; if it was the default, the newest other one becomes it. Refuses NotFound."""
    _one_at_a_time(buyer_id)
    own = models.Address.objects.filter(buyer_id=buyer_id)
    row = own.filter(id=address_id).first()
    if row is None:
        raise NoAddress()
    row.delete()
    if row.is_default and (next_one := own.order_by("-changed_at", "-id").first()):
        own.filter(id=next_one.id).update(is_default=True)


def open_address(*, address_id: UUID, buyer_id: UUID) -> Address:
    """The address in the clear, for its buyer's order. Refuses NotFound, also for somebody else's."""
    row = models.Address.objects.filter(id=address_id, buyer_id=buyer_id).first()
    if row is None:
        raise NoAddress()
    return opened(vars(row))


def opened(row: Mapping[str, Any]) -> Address:
    """`row`: the columns of an address."""
    sealing = sealer()
    fields = {name: row[name] for name in _PLAIN}
    fields |= {name: sealing.open(row[f"{name}_sealed"], f"address.{name}:{row['id']}") for name in _SEALED}
    return Address(**fields)
