"""The shop's addresses, in Chinese at / and in English at /en/."""

from django.urls import URLPattern, URLResolver, include, path

from entrepot.web.storefront.views import basket, browse, checkout, landed_cost, me, orders, plain, product, rush

urlpatterns: list[URLPattern | URLResolver] = [
    path("", browse.home, name="home"),
    path("c/<slug:slug>/", browse.category, name="category"),
    path("b/<slug:slug>/", browse.brand, name="brand"),
    path("brands/", browse.brands, name="brands"),
    path("from/<slug:code>/", browse.origin, name="origin"),
    path("new/", browse.new, name="new"),
    path("search/", browse.search, name="search"),
    path("search/suggest/", browse.suggest, name="suggest"),
    path("p/<slug:slug>/", product.product, name="product"),
    path("sales/", rush.sales, name="sales"),
    path("sales/<slug:code>/", rush.sale, name="sale"),
    path("sales/<slug:code>/line/", rush.line, name="line"),
    path("basket/", basket.basket_page, name="basket"),
    path("basket/put/", basket.put, name="basket_put"),
    path("checkout/", checkout.checkout_page, name="checkout"),
    path("divisions/", me.divisions, name="divisions"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/<slug:number>/", orders.order_page, name="order"),
    path("orders/<slug:number>/progress/", orders.progress, name="order_progress"),
    path("orders/<slug:number>/pay/", orders.pay, name="order_pay"),
    path("orders/<slug:number>/cancel/", orders.cancel, name="order_cancel"),
    path("orders/<slug:number>/paid/", orders.came_back, name="order_paid"),
    path("account/", me.account, name="account"),
    path("account/addresses/", me.addresses, name="addresses"),
    path("account/addresses/new/", me.new_address, name="address_new"),
    path("account/addresses/<uuid:address_id>/", me.change_address, name="address"),
    path("account/addresses/<uuid:address_id>/drop/", me.drop_address, name="address_drop"),
    path("account/real-names/", me.real_names, name="real_names"),
    path("account/real-names/new/", me.new_real_name, name="real_name_new"),
    path("account/real-names/<uuid:real_name_id>/drop/", me.drop_real_name, name="real_name_drop"),
    path("account/keys/", me.keys, name="keys"),
    path("account/keys/<uuid:key_id>/revoke/", me.revoke_key, name="key_revoke"),
    path("accounts/", include("allauth.urls")),
    path("landed-cost/", landed_cost.reckon, name="landed_cost"),
    path("landed-cost/headings/", landed_cost.headings, name="headings"),
    path("help/<slug:topic>/", plain.help_page, name="help"),
]
