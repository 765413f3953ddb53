"""Front page, lists, search and product in both languages: what they show, how they take odd input, what they cost."""

from __future__ import annotations

import pytest
from django.test import Client

from entrepot.catalogue import services as catalogue
from entrepot.catalogue.tests.makers import make_product
from entrepot.catalogue.types import BrandDraft
from entrepot.kit.clock import now
from entrepot.pricing.tests.makers import priced, promoted
from entrepot.shelf.tests.makers import both, in_stock
from entrepot.stock.types import WarehouseKind
from entrepot.web.storefront.tests.makers import Shop

pytestmark = pytest.mark.django_db


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:500]
    return answer.content.decode()


def test_chinese_is_at_the_root_and_english_under_en(shop: Shop, client: Client) -> None:
    chinese, english = text(client, "/"), text(client, "/en/")
    assert '<html lang="zh-Hans">' in chinese
    assert "新品上架" in chinese
    assert "黑巧克力" in chinese
    assert '<html lang="en">' in english
    assert "New arrivals" in english
    assert "Dark chocolate" in english


@pytest.mark.parametrize(
    "path", ["/", "/c/food/", "/p/dark/?sku=dark-2", "/search/?q=lindt&page=1", "/help/tax/", "/basket/"]
)
def test_the_language_switch_keeps_the_page(shop: Shop, client: Client, path: str) -> None:
    escaped = path.replace("&", "&amp;")
    assert f'href="/en{escaped}"' in text(client, path)
    assert f'href="{escaped}"' in text(client, f"/en{path}")


def test_a_browser_that_prefers_english_still_gets_the_page_it_asked_for(shop: Shop, client: Client) -> None:
    answer = client.get("/", headers={"Accept-Language": "en"})
    assert "新品上架" in answer.content.decode()


def test_a_card_shows_price_tax_and_both_together(shop: Shop, client: Client) -> None:
    page = text(client, "/en/c/chocolate/")
    assert "¥88.00" in page
    assert "tax ¥8.01, together ¥96.01" in page
    assert "Switzerland" in page
    assert "Sold out" in page


def test_the_product_page_shows_the_tax_before_the_basket_line_by_line(shop: Shop, client: Client) -> None:
    page = text(client, "/en/p/dark/")
    assert "Import tax for one" in page
    assert "Together at your door" in page
    assert "How this tax is computed" in page
    assert "Source:" in page
    assert "Notice for cross-border goods" in page
    assert "Made in Switzerland" in page
    assert 'itemtype="https://schema.org/Product"' in page


def test_the_product_page_says_for_how_many_orders_of_one_person_a_promotion_is(shop: Shop, client: Client) -> None:
    promoted(5_000, 1_000, now=now())
    promoted(6_000, 1_500, per_person=1, now=now())
    promoted(7_000, 2_000, per_person=3, times=2, now=now())
    english, chinese = text(client, "/en/p/dark/"), text(client, "/p/dark/")
    assert "¥10.00 off for ¥50.00 of goods · until" in english
    assert "¥15.00 off for ¥60.00 of goods · at most 1 order per person · until" in english
    assert "¥20.00 off for each ¥70.00 of goods · at most 3 orders per person · until" in english
    assert "满 ¥60.00 减 ¥15.00 · 每人限享 1 次 · " in chinese and "每人限享 3 次" in chinese


def test_a_variant_is_an_address_of_its_own(shop: Shop, client: Client) -> None:
    assert "¥168.00" in text(client, "/en/p/dark/?sku=dark-2")
    assert "¥88.00" in text(client, "/en/p/dark/?sku=nonsense")
    assert 'href="/en/p/dark/?sku=dark-2"' in text(client, "/en/p/dark/")


def test_what_is_sold_out_says_so_and_cannot_be_bought(shop: Shop, client: Client) -> None:
    page = text(client, "/en/p/gone/")
    assert "Sold out" in page
    assert "disabled" in page


@pytest.mark.parametrize("kind", [WarehouseKind.DOMESTIC, WarehouseKind.SHOP])
def test_units_that_are_not_sold_from_here_are_no_stock(shop: Shop, client: Client, kind: WarehouseKind) -> None:
    in_stock("gone-1", 5, kind)
    page = text(client, "/en/p/gone/")
    assert "left</dd>" not in page and "schema.org/OutOfStock" in page
    assert "Cannot be ordered now" not in page


def test_what_is_not_classified_cannot_be_bought_and_says_why(shop: Shop, client: Client) -> None:
    make_product("unknown")
    page = text(client, "/p/unknown/")
    assert "商品尚未完成海关归类" in page


def test_what_is_there_but_may_not_be_sold_is_not_called_sold_out(shop: Shop, client: Client) -> None:
    product = make_product("unknown")
    priced({product.skus[0].id: 10_000}, now=now())
    in_stock("unknown-M", 50)
    page = text(client, "/en/p/unknown/")
    assert page.count("Cannot be ordered now") == 2 and "Sold out" not in page
    assert "schema.org/OutOfStock" in page


def test_filters_narrow_and_chips_widen(shop: Shop, client: Client) -> None:
    page = text(client, "/en/search/?brand=lindt&price_to=100")
    assert "Milk chocolate" in page
    assert "Hand cream" not in page
    assert "up to ¥100.00" in page
    assert "To, in Chinese Yuan" in page and 'placeholder="¥ to"' in page
    assert 'href="/en/search/?price_to=100"' in page


def test_brand_origin_and_new(shop: Shop, client: Client) -> None:
    assert "Hand cream" in text(client, "/en/b/loreal/")
    assert "Hand cream" in text(client, "/en/from/fr/")
    assert "Milk chocolate" not in text(client, "/en/from/fr/")
    assert "New in the shop" in text(client, "/en/new/")
    assert "欧莱雅" in text(client, "/brands/")


def test_a_new_brands_page_is_there_as_soon_as_its_goods_are(shop: Shop, client: Client) -> None:
    """Its products and the cards of lists lead there; the list of all brands may be some minutes old."""
    assert "Lindt" in text(client, "/en/brands/")
    assert client.get("/en/b/bravo/").status_code == 404
    catalogue.put_brand(draft=BrandDraft("bravo", both("Bravo", "喝彩"), "IT"))
    assert "Bravo" in text(client, "/en/b/bravo/")
    assert "喝彩 Bravo" in text(client, "/b/bravo/")


def test_a_list_offers_no_filter_that_its_address_has_settled(shop: Shop, client: Client) -> None:
    for path, settled, open_ in (("/b/loreal/", "brand", "origin"), ("/from/fr/", "origin", "brand")):
        page = text(client, path)
        assert f'type="checkbox" name="{settled}"' not in page
        assert f'type="checkbox" name="{open_}"' in page


def test_search_in_both_languages_and_with_a_mistake(shop: Shop, client: Client) -> None:
    assert "护手霜" in text(client, "/search/?q=护手霜")
    page = text(client, "/en/search/?q=chocolatte")
    assert "Nothing was found for “chocolatte”" in page
    assert "Milk chocolate" in page


def test_an_empty_search_helps_on(shop: Shop, client: Client) -> None:
    page = text(client, "/en/search/?q=zzzzqqq")
    assert "Nothing found for “zzzzqqq”" in page
    assert "Try fewer or other words" in page
    assert 'href="/en/c/food/"' in page


def test_suggestions_lead_to_brands_and_products(shop: Shop, client: Client) -> None:
    page = text(client, "/en/search/suggest/?q=lin")
    assert 'href="/en/b/lindt/"' in page
    assert text(client, "/search/suggest/?q=").strip() == ""


ODD = [
    *("?page=0", "?page=-1", "?page=abc", "?page=99999999999999999999", "?sort=drop%20table", "?brand=%00"),
    *("?brand=" + "x" * 3000, "?origin=%F0%9F%90%A8", "?price_from=abc&price_to=-5", "?price_from=9&price_to=1"),
    *("?price_from=1e400", "?warehouse=moon", "?q=%00%01", "?q=" + "%E5%A5%BD" * 400, "?q=%27%22%3Cscript%3E"),
    *("?q=%25%5F%5C", "?q=%28%26%7C%21%3A*", "?stock=yes", "?" + "&".join(f"brand=b{n}" for n in range(200))),
]


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("path", ["/search/", "/en/c/food/", "/en/search/suggest/", "/p/dark/"])
def test_odd_addresses_are_answered(shop: Shop, client: Client, path: str, query: str) -> None:
    assert client.get(path + query).status_code in {200, 404, 422}
    assert "<script>" not in client.get(path + query).content.decode()


def test_a_wrong_price_is_said_at_its_field_in_the_visitors_language(shop: Shop, client: Client) -> None:
    assert "请输入价格，例如 100。" in text(client, "/search/?price_from=abc")
    assert "Enter a price such as 100." in text(client, "/en/search/?price_from=abc")


@pytest.mark.parametrize(
    "path", ["/p/none/", "/c/none/", "/b/none/", "/from/zz/", "/help/none/", "/nowhere/", "/en/p/none/"]
)
def test_what_is_not_there_is_a_page_that_helps(shop: Shop, client: Client, path: str) -> None:
    page = text(client, path, 404)
    assert ("页面不存在" if not path.startswith("/en/") else "This page is not here") in page
    assert 'role="search"' in page


def test_pages_of_visitors_without_cookies_set_none_they_do_not_need(shop: Shop, client: Client) -> None:
    answer = client.get("/")
    assert "sessionid" not in answer.cookies
    assert "visitor" not in answer.cookies
