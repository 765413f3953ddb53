"""The demo's flash sales: one that runs from the first start on, and one at eight in the evening to wait for; and a
promotion on sweets, coffee and honey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from entrepot.kit.clock import CHINA
from entrepot.pricing import selectors, services
from entrepot.pricing.types import PromotionDraft, SaleDraft, SaleItemDraft

# SKU code: price in fen, units, limit per person
RUNNING = {
    "SONY-WH1000-BLACK": (169_900, 12, 1),
    "SK-II-FACIAL-TREATMENT-ESSENCE-160ML": (88_000, 20, 2),
    "SWISSE-COLLAGEN": (12_800, 30, 3),
}
COMING = {
    "BOSE-EARBUDS-BLACK": (109_900, 10, 1),
    "LINDT-LINDOR-ASSORTED": (6_900, 20, 4),
    "NIKE-PEGASUS-BLACK-42": (49_900, 8, 1),
}
TREATS = (
    "LINDT-LINDOR-MILK", "LINDT-EXCELLENCE-70", "LINDT-EXCELLENCE-85", "LINDT-EXCELLENCE-90", "NEUHAUS-BOX",
    "ROYCE-NAMA", "FAZER-BLUE", "WALKERS-SHORTBREAD-FINGERS", "WALKERS-SHORTBREAD-ROUNDS", "ROYAL-DANSK-COOKIES",
    "LAVAZZA-ORO-1KG", "ILLY-GROUND-MEDIUM", "ILLY-GROUND-DARK", "MANUKA-HEALTH-HONEY-MGO115",
    "MANUKA-HEALTH-HONEY-MGO250", "COMVITA-HONEY-UMF5", "COMVITA-HONEY-UMF10",
)  # fmt: skip
THRESHOLD, OFF, TIMES, BUDGET = 29_900, 4_000, 3, 500_000  # fen
PER_PERSON = 1  # orders
SEASON = timedelta(days=30)
RUNS_FOR, LASTS = timedelta(days=7), timedelta(hours=3)
EVENING, SOON = 20, timedelta(hours=2)
ADMIT_PER_S = 20


def put_sales(*, list_id: UUID, storefront_id: UUID, ids: Mapping[str, UUID], actor: str, now: datetime) -> None:
    """Plan both unless they were planned before: a sale is of its day, so a later start adds none."""
    evening = now.astimezone(CHINA).replace(hour=EVENING, minute=0, second=0, microsecond=0)
    evening += timedelta(days=evening - now < SOON)
    wanted = (
        ("koala-rush", {"zh-hans": "考拉限时抢", "en": "The koala rush"}, now, now + RUNS_FOR, RUNNING),
        ("eight-sharp", {"zh-hans": "晚八点 准时开抢", "en": "Eight o’clock sharp"}, evening, evening + LASTS, COMING),
    )
    for code, titles, starts_at, ends_at, goods in wanted:
        if selectors.sale_by_code(storefront_id=storefront_id, code=code) is None:
            items = tuple(SaleItemDraft(ids[sku], *figures) for sku, figures in goods.items())
            draft = SaleDraft(list_id, code, titles, starts_at, ends_at, ADMIT_PER_S, items)
            services.plan_sale(draft=draft, actor=actor, now=now)


def put_promotion(*, list_id: UUID, ids: Mapping[str, UUID], actor: str, now: datetime) -> None:
    """Plan the promotion unless it was planned before."""
    draft = PromotionDraft(
        list_id=list_id,
        code="sweet-season",
        titles={"zh-hans": "零食季满减", "en": "The sweet season"},
        threshold_minor=THRESHOLD,
        off_minor=OFF,
        times_max=TIMES,
        starts_at=now,
        ends_at=now + SEASON,
        budget_minor=BUDGET,
        sku_ids=tuple(ids[code] for code in TREATS),
        per_person=PER_PERSON,
    )
    if not any(one.code == draft.code for one in selectors.planned_promotions(since=now - SEASON)):
        services.plan_promotion(draft=draft, actor=actor, now=now)
