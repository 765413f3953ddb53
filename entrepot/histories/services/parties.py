"""Who and what another system names: suppliers with a contract, brands and articles, each put once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as catalogue_verbs
from entrepot.catalogue.types import BrandDraft, ProductDraft, ProductTypeDraft, Sku, SkuDraft
from entrepot.histories import rules
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying
from entrepot.procurement.types import UNKNOWN_COUNTRY, Contract, ContractDraft, PaymentTerms, Supplier, SupplierDraft
from entrepot.replenishment.types import ShipmentLine

TYPE = ProductTypeDraft("taken-over", {"zh-hans": "其他系统的商品", "en": "Article of another system"})
BRANDLESS = "—"


@dataclass(slots=True)
class Parties:
    """What is known of one system's names, looked up once for a run."""

    source: str
    actor: str
    now: datetime
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    skus: dict[str, Sku] = field(default_factory=dict)
    brands: dict[str, str] = field(default_factory=dict)

    def know(self, lines: Sequence[ShipmentLine]) -> None:
        """Put what is new among the lines. In a transaction."""
        if not self.brands:
            found = catalogue.brands().values()
            self.brands = {name.casefold(): one.slug for one in found for name in one.names.values()}
            self.suppliers = {rules.called(one.name): one for one in procurement.suppliers().values()}
        for name in sorted({line.supplier for line in lines} - self.contracts.keys()):
            mine = [line for line in lines if line.supplier == name]
            self.contracts[name] = self._contract(self._supplier(name, mine[0].currency), mine)
        self._articles(lines)

    def forget(self) -> None:
        for known in (self.suppliers, self.contracts, self.skus, self.brands):
            known.clear()

    def supplier(self, line: ShipmentLine) -> Supplier:
        return self.suppliers[rules.called(line.supplier)]

    def _supplier(self, name: str, currency: str) -> Supplier:
        there = self.suppliers.get(rules.called(name))
        if there is not None:
            return there
        code = rules.key_of(name, 30)
        if any(one.code == code for one in procurement.suppliers(text=code).values()):
            code = rules.key_of(f"{self.source} {name}", 30)  # the short one is another supplier's
        draft = SupplierDraft(code, name, UNKNOWN_COUNTRY, currency)
        made = buying.put_supplier(draft=draft, actor=self.actor, now=self.now)
        return self.suppliers.setdefault(rules.called(name), procurement.suppliers(ids=[made])[made])

    def _contract(self, supplier: Supplier, lines: Sequence[ShipmentLine]) -> Contract:
        """One that stands for what the other system agreed: over already, so that nothing new is ordered under it."""
        number = f"{rules.key_of(self.source, 9)}-{supplier.code}"
        there = {one.number: one for one in procurement.contracts(supplier_id=supplier.id)}
        if number in there:
            return there[number]
        first, last = date.fromordinal(min(map(_ordered, lines))), max(line.delivered_on for line in lines)
        draft = ContractDraft(
            supplier_id=supplier.id, number=number, valid_from=first, valid_to=last + timedelta(days=1),
            currency=lines[0].currency, incoterm=rules.term_of(lines[0].terms), place=lines[0].place,
            payment=PaymentTerms.INVOICE, payment_days=0,
        )  # fmt: skip
        made = procurement.contract(contract_id=buying.sign(draft=draft, actor=self.actor, now=self.now))
        assert made is not None
        return made

    def _articles(self, lines: Sequence[ShipmentLine]) -> None:
        """Articles by what the other system calls them, switched off: nobody sells them by that."""
        wanted = {line.article: line for line in lines if line.article not in self.skus}
        codes = {article: f"{rules.key_of(self.source, 9)}-{rules.key_of(article, 28)}" for article in wanted}
        there = catalogue.sku_by_code(codes=codes.values())
        fresh = {article: line for article, line in wanted.items() if codes[article] not in there}
        if fresh:
            self._brands({line.brand or BRANDLESS for line in fresh.values()})
            catalogue_verbs.put_product_types(drafts=[TYPE])
            drafts = [self._product(article, line, codes[article]) for article, line in fresh.items()]
            catalogue_verbs.put_products(drafts=drafts, now=self.now)
            there = catalogue.sku_by_code(codes=codes.values())
        self.skus |= {article: there[code] for article, code in codes.items()}

    def _product(self, article: str, line: ShipmentLine, code: str) -> ProductDraft:
        origin = rules.country_of(line.maker)
        sku = SkuDraft(code, origin="" if origin == UNKNOWN_COUNTRY else origin, active=False)
        brand = self.brands[(line.brand or BRANDLESS).casefold()]
        return ProductDraft(code.lower(), brand, {"en": article[:200]}, TYPE.code, skus=(sku,), active=False)

    def _brands(self, names: Collection[str]) -> None:
        fresh = {name: rules.key_of(f"{self.source} {name}", 60, lower=True) for name in names}
        drafts = [BrandDraft(slug, {"en": name}) for name, slug in fresh.items() if name.casefold() not in self.brands]
        if drafts:
            catalogue_verbs.put_brands(drafts=drafts)
            self.brands |= {name.casefold(): slug for name, slug in fresh.items() if name.casefold() not in self.brands}


def _ordered(line: ShipmentLine) -> int:
    return rules.ordered_on(line).toordinal()
