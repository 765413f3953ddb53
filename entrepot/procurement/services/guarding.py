"""What stands between a wish and a purchase: the contract and the brands' authorisations on the day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import text
from entrepot.kit.refusals import Refusal
from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.services.checking import UnknownParty
from entrepot.procurement.types import Contract


class NoContract(Refusal):
    code = "no_contract_in_force"
    zh = "合同 {number} 在 {day} 不在有效期内"
    en = "Contract {number} is not in force on {day}"


class SupplierRests(Refusal):
    code = "supplier_rests"
    zh = "供应商 {supplier} 已停用"
    en = "Supplier {supplier} is switched off"


class NotForTerritory(Refusal):
    code = "not_for_territory"
    zh = "合同 {number} 的销售地区不含 {country}"
    en = "The territory of contract {number} does not include {country}"


class NotAuthorised(Refusal):
    code = "brand_not_authorised"
    zh = "{day} 没有从品牌方经供应商 {supplier} 到我方的有效授权：{brands}"
    en = "On {day} no authorisation runs from the brand owner over supplier {supplier} to us: {brands}"


def contract_in_force(contract_id: UUID, day: date) -> Contract:
    """Refuses UnknownParty, NoContract."""
    found = next(iter(reading.contracts(id=contract_id)), None)
    if found is None:
        raise UnknownParty(field="contract", what="contract")
    if not found.holds(day):
        raise NoContract(field="contract", number=found.number, day=day.isoformat())
    return found


def refuse_unauthorised(
    contract: Contract, supplier: models.Supplier, brand_ids: Collection[UUID], destination: str, day: date
) -> None:
    """Whatever is bought must be ours to sell in the country on that day. A brand without any authorisation on record
    is not guarded. Refuses SupplierRests, NotForTerritory, NotAuthorised."""
    if not supplier.active:
        raise SupplierRests(field="contract", supplier=supplier.code)
    if contract.territory and destination not in contract.territory:
        raise NotForTerritory(field="destination", number=contract.number, country=destination)
    own = set(models.OwnedBrand.objects.filter(owner_id=supplier.owner_id).values_list("brand_id", flat=True))
    refused = [
        brand_id
        for brand_id, links in reading.links_of(brand_ids).items()
        if not chains.may_buy(links, day, destination, supplier.id, supplier.owner_id is not None and brand_id in own)
    ]
    if refused:
        names = sorted(text(brand.names, "en") for brand in catalogue.brands(ids=refused).values())
        raise NotAuthorised(field="lines", day=day.isoformat(), supplier=supplier.code, brands=", ".join(names))
