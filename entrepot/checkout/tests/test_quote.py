"""What a basket costs and what stands in its way, against the real catalogue, tariff, prices and stock."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from entrepot.basket.services import QuantityInvalid
from entrepot.catalogue import selectors as articles
from entrepot.catalogue import services as catalogue
from entrepot.catalogue.tests.makers import make_classified, make_product
from entrepot.catalogue.types import ProductDraft, SkuDraft
from entrepot.checkout import selectors
from entrepot.checkout.tests.makers import NOW, quoted, shopper, world
from entrepot.checkout.types import BasketQuote, Wish
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.pricing.tests.makers import priced
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import CustomsState, WarehouseKind

pytestmark = pytest.mark.django_db
BOTH = (WarehouseKind.BONDED, WarehouseKind.OVERSEAS)


def codes(quote: BasketQuote) -> list[str]:
    return [obstacle.code for obstacle in quote.obstacles]


def put(slug: str, sku: SkuDraft) -> UUID:
    """A product of one SKU as drafted; the SKU's id."""
    make_product("coat")  # brand and type
    titles = {"zh-hans": "羽绒服", "en": "Down jacket"}
    catalogue.put_products(drafts=[ProductDraft(slug, "moncler", titles, "clothes", skus=(sku,))], now=NOW)
    return articles.sku_by_code(codes=[sku.code])[sku.code].id


def adds_up(quote: BasketQuote) -> bool:
    for parcel in quote.parcels:
        assert parcel.goods_minor == sum(line.goods_minor for line in parcel.lines)
        assert parcel.freight_minor == sum(line.freight_minor for line in parcel.lines)
        assert parcel.tax_minor == sum(line.tax_minor for line in parcel.lines)
    return quote.total_minor == sum(parcel.total_minor for parcel in quote.parcels)


def test_goods_freight_and_tax_of_one_parcel() -> None:
    place = world({"coat": 15_000})
    quote = quoted(place, {"coat": 1})
    (parcel,) = quote.parcels
    # 150.00 of goods, 10.00 for one kilogram from the bonded zone, 9.1 % of 160.00
    assert (parcel.goods_minor, parcel.freight_minor, parcel.tax_minor) == (15_000, 1_000, 1_456)
    assert (quote.total_minor, quote.currency, parcel.decision, parcel.trade_mode) == (17_456, "CNY", "clear", "1210")
    assert quote.obstacles == ()
    assert adds_up(quote)
    assert parcel.answer is not None and "cn-cbec/1" in parcel.answer.books
    assert parcel.lines[0].explanation[0].zh


def test_above_the_threshold_freight_is_free() -> None:
    place = world({"coat": 40_000})
    assert quoted(place, {"coat": 1}).freight_minor == 0


def test_a_quote_takes_few_statements_however_many_lines(django_assert_max_num_queries) -> None:
    names = {f"thing-{i}": 1_000 for i in range(12)}
    place = world(names)
    quoted(place, {"thing-0": 1})
    with django_assert_max_num_queries(3):
        quote = quoted(place, dict.fromkeys(names, 2))
    assert adds_up(quote)
    assert len(quote.parcels[0].lines) == 12


def test_two_import_types_are_two_parcels_each_with_its_freight_and_tax() -> None:
    place = world({"coat": 15_000, "scarf": 9_000}, units=0)
    stocked(place.skus["coat"], place.bonded, 5)
    stocked(place.skus["scarf"], place.overseas, 5, customs_state=CustomsState.RELEASED)
    quote = quoted(place, {"scarf": 1, "coat": 1})
    assert [(parcel.trade_mode, parcel.freight_minor) for parcel in quote.parcels] == [("1210", 1_000), ("9610", 5_500)]
    assert all(parcel.tax_minor > 0 for parcel in quote.parcels)
    assert adds_up(quote)


def test_one_warehouse_that_has_everything_is_preferred_and_the_bonded_one_first() -> None:
    place = world({"coat": 15_000, "scarf": 9_000}, kinds=BOTH)
    assert [parcel.warehouse.code for parcel in quoted(place, {"coat": 1, "scarf": 1}).parcels] == ["NGB1"]
    only_there = make_product("hat").skus[0].id
    make_classified([only_there])
    priced({only_there: 8_000})
    stocked(only_there, place.overseas, 3, customs_state=CustomsState.RELEASED)
    wishes = [Wish(place.skus["coat"], 1), Wish(only_there, 1)]
    quote = selectors.quote(storefront=place.shop, wishes=wishes, buyer_id=None, now=NOW)
    assert [parcel.warehouse.code for parcel in quote.parcels] == ["MIL1"]


def test_too_many_units_are_told_with_what_is_left() -> None:
    place = world(units=3)
    quote = quoted(place, {"coat": 4})
    assert codes(quote) == ["out_of_stock"]
    (line,) = quote.unplaced
    assert line.obstacles[0].data["left"] == 3
    assert "3" in line.obstacles[0].zh
    assert quote.parcels == ()
    assert quote.total_minor == 0


def test_an_article_without_classification_price_origin_or_weight_is_not_sold_and_says_why() -> None:
    place = world({"coat": 15_000})
    draft = SkuDraft(code="bare-M", origin="", net_weight_g=0, gross_weight_g=0)
    bare = put("bare", draft)
    stocked(bare, place.bonded, 3)
    wishes = [Wish(bare, 1), Wish(place.skus["coat"], 1)]
    quote = selectors.quote(storefront=place.shop, wishes=wishes, buyer_id=None, now=NOW)
    assert codes(quote) == ["no_price", "not_classified", "origin_unknown", "weight_unknown"]
    assert [line.sku.id for parcel in quote.parcels for line in parcel.lines] == [place.skus["coat"]]
    off = SkuDraft(code="coat-M", origin="IT", net_weight_g=800, gross_weight_g=1_000, active=False)
    put("coat", off)
    assert codes(quoted(place, {"coat": 1})) == ["not_active"]


def test_an_article_whose_brand_is_ours_no_more_is_not_sold_from_that_day_on() -> None:
    place = world({"coat": 15_000})
    brand_id = articles.skus(ids=[place.skus["coat"]])[place.skus["coat"]].brand_id
    today = day_in(CHINA, NOW)
    for until, wanted in ((today + timedelta(days=1), []), (today, ["brand_not_authorised"]), (None, [])):
        catalogue.set_sell_until(until={brand_id: until})
        assert codes(quoted(place, {"coat": 1})) == wanted


def test_an_article_the_tariff_cannot_compute_leaves_the_others_alone() -> None:
    place = world({"coat": 15_000})
    odd = make_product("odd").skus[0].id
    make_classified([odd], hs_code="0000000000")
    priced({odd: 5_000})
    stocked(odd, place.bonded, 3)
    wishes = [Wish(odd, 1), Wish(place.skus["coat"], 1)]
    quote = selectors.quote(storefront=place.shop, wishes=wishes, buyer_id=None, now=NOW)
    assert codes(quote) == ["tax_unknown"]
    assert quote.unplaced[0].sku.id == odd
    assert quote.tax_minor > 0


def test_several_items_above_5000_are_an_obstacle_that_says_how_to_split() -> None:
    place = world({"coat": 300_000, "bag": 190_000})
    quote = quoted(place, {"coat": 1, "bag": 2})
    (obstacle,) = quote.obstacles
    assert obstacle.code == "over_single_limit"
    assert len(obstacle.data["parts"]) == 2
    assert "2 个订单" in obstacle.zh
    assert "Down jacket" in obstacle.en


def test_one_single_item_above_5000_is_not_sold_while_its_duty_is_not_verified() -> None:
    place = world({"coat": 600_000})
    (parcel,) = quoted(place, {"coat": 1}).parcels
    assert parcel.decision == "rates_not_verified"
    assert [obstacle.code for obstacle in parcel.obstacles] == ["tax_unknown"]


def test_exactly_the_limit_is_inside() -> None:
    place = world({"coat": 250_000})
    assert quoted(place, {"coat": 2}).obstacles == ()


def test_the_years_allowance_counts_over_the_parcels_of_one_basket() -> None:
    place = world({"coat": 490_000, "bag": 490_000}, units=0)
    stocked(place.skus["coat"], place.bonded, 5)
    stocked(place.skus["bag"], place.overseas, 5, customs_state=CustomsState.RELEASED)
    quote = quoted(place, {"coat": 1, "bag": 1})
    assert [parcel.decision for parcel in quote.parcels] == ["clear", "clear"]
    who = shopper()
    asked = quoted(place, {"coat": 1}, buyer_id=who.buyer_id, real_name_id=who.real_name_id)
    assert asked.obstacles == ()
    with pytest.raises(NotFound):
        quoted(place, {"coat": 1}, buyer_id=who.buyer_id, real_name_id=new_id())


def test_expired_lots_and_other_places_are_not_counted() -> None:
    place = world(units=0)
    stocked(place.skus["coat"], place.bonded, 5, expires_on=NOW.date())
    at_home = warehouse("SHA1", WarehouseKind.DOMESTIC)
    stocked(place.skus["coat"], at_home, 5, lot="L2", customs_state=CustomsState.DUTY_PAID)
    assert codes(quoted(place, {"coat": 1})) == ["out_of_stock"]


def test_wishes_that_cannot_be_are_refused() -> None:
    place = world()
    for quantity in (0, -1, 100):
        with pytest.raises(QuantityInvalid):
            quoted(place, {"coat": quantity})
    with pytest.raises(NotFound):
        selectors.quote(storefront=place.shop, wishes=[Wish(new_id(), 1)], buyer_id=None, now=NOW)
    assert quoted(place, {}).parcels == ()


def test_a_day_without_freight_rate_or_book_is_an_obstacle() -> None:
    place = world()
    early = NOW - timedelta(days=365 * 12)
    found = codes(quoted(place, {"coat": 1}, now=early))
    assert found
    assert set(found) <= {"no_freight_rate", "tax_unknown", "no_price", "not_classified"}


@pytest.mark.parametrize(("price", "over_year"), [(2_600_000, False), (2_600_001, True)])
def test_goods_above_the_limit_of_a_whole_year_are_not_put_off_to_the_next(price: int, over_year: bool) -> None:
    place = world({"coat": price})
    (obstacle,) = quoted(place, {"coat": 1}).obstacles
    assert (obstacle.code == "over_annual_limit") is over_year
    assert not ("next year" in obstacle.en or "明年" in obstacle.zh or "family" in obstacle.en)


def test_no_order_of_its_own_is_proposed_for_what_cannot_be_sold_at_all() -> None:
    """One article above the single limit, whose duty nobody knows, beside another one."""
    place = world({"coat": 600_000, "bag": 30_000})
    (obstacle,) = quoted(place, {"coat": 1, "bag": 1}).obstacles
    (alone,) = quoted(place, {"coat": 1}).obstacles
    assert obstacle.code == alone.code == "tax_unknown"
    title = quoted(place, {"coat": 1}).parcels[0].lines[0].sku.titles
    assert title["zh-hans"] in obstacle.zh and title["en"] in obstacle.en
    assert "order in" not in obstacle.en and "订单" not in obstacle.zh
