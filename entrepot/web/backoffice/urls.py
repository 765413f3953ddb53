from django.contrib import admin
from django.urls import include, path

from entrepot.web.backoffice.views import (
    dashboard,
    declarations,
    desk,
    jobs,
    language,
    money,
    orders,
    rates,
    readings,
    returns,
    sales,
    stock,
    unsellable,
    what_if,
)

_order = "orders/<uuid:buyer_id>/<uuid:order_id>/"
_return = "returns/<uuid:buyer_id>/<uuid:return_id>/"
_parcel = "declarations/<uuid:buyer_id>/<uuid:parcel_id>/"

urlpatterns = [
    path("", dashboard.dashboard, name="office"),
    path("orders/", orders.order_list, name="office_orders"),
    path(_order, orders.order_page, name="office_order"),
    path(f"{_order}<uuid:parcel_id>/call-off/", orders.call_off, name="office_call_off"),
    path(f"{_order}customs/", orders.told, name="office_told"),
    path(f"{_order}data/<uuid:request_id>/again/", orders.data_again, name="office_data_again"),
    path(f"{_order}exchanges/<uuid:exchange_id>/", orders.exchange, name="office_exchange"),
    path("declarations/", declarations.queue, name="office_declarations"),
    path("declarations/export/", declarations.export, name="office_declarations_export"),
    path("declarations/figures/", desk.figures, name="office_desk"),
    path(_parcel, declarations.declaration, name="office_declaration"),
    path(f"{_parcel}act/", declarations.act, name="office_declaration_act"),
    path(f"{_parcel}documents/<uuid:document_id>/", declarations.document, name="office_document"),
    path("returns/", returns.queue, name="office_returns"),
    path(_return, returns.one_return, name="office_return"),
    path(f"{_return}act/", returns.act, name="office_return_act"),
    path("stock/", stock.levels, name="office_stock"),
    path("sales/", sales.sales, name="office_sales"),
    path("sales/limits/", sales.limit, name="office_limit"),
    path("sales/<uuid:sale_id>/", sales.sale, name="office_sale"),
    path("imports/", include("entrepot.web.backoffice.imports")),
    path("rates/", rates.books, name="office_rates"),
    path("rates/<uuid:draft_id>/", rates.draft, name="office_rates_draft"),
    path("unsellable/", unsellable.listed, name="office_unsellable"),
    path("what-if/", what_if.what_if, name="office_what_if"),
    path("payments/", money.statements, name="office_statements"),
    path("payments/compare/", money.compare, name="office_statement_compare"),
    path("payments/differences/<uuid:difference_id>/", money.close, name="office_difference_close"),
    path("jobs/", jobs.jobs, name="office_jobs"),
    path("jobs/<int:job_id>/", jobs.decide, name="office_job"),
    path("readings/<uuid:buyer_id>/", readings.of_buyer, name="office_readings"),
    path("language/", language.choose, name="office_language"),
    path("records/", admin.site.urls),
]
