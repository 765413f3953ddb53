"""What the records of the admin are called, in the reader's language: models and apps name themselves in one only."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as gettext
from django.utils.translation import pgettext_lazy as pgettext

from entrepot.web.common.formats import language

_BOTH = " · "
APPS = {
    "procrastinate": pgettext("records", "Jobs"),
    "pricing": pgettext("records", "Prices and sales"),
    "recalls": pgettext("records", "Recalls"),
    "catalogue": pgettext("records", "Articles"),
    "stock": pgettext("records", "Stock"),
    "storefronts": pgettext("records", "Storefronts"),
    "customs": pgettext("records", "Customs"),
    "payments": pgettext("records", "Payments"),
    "shipping": pgettext("records", "Carriage"),
    "tariff": pgettext("records", "Tariff"),
    "checkout": pgettext("records", "Checkout"),
    "orders": pgettext("records", "Orders"),
    "identity": pgettext("records", "People and keys"),
    "returns": pgettext("records", "Returns"),
}
MODELS = {
    "procrastinate.procrastinatejob": pgettext("records", "Jobs of the queue"),
    "pricing.flashsaleitem": pgettext("records", "Articles in flash sales"),
    "pricing.flashsale": pgettext("records", "Flash sales"),
    "pricing.pricelist": pgettext("records", "Price lists"),
    "pricing.price": pgettext("records", "Prices"),
    "pricing.purchaselimit": pgettext("records", "Purchase limits"),
    "pricing.take": pgettext("records", "Units taken in sales"),
    "recalls.recall": pgettext("records", "Recalls"),
    "stock.claim": pgettext("records", "Claims on stock"),
    "stock.level": pgettext("records", "Stock levels"),
    "stock.lot": pgettext("records", "Lots"),
    "stock.movement": pgettext("records", "Stock movements"),
    "stock.warehouse": pgettext("records", "Warehouses"),
    "storefronts.storefront": pgettext("records", "Storefronts"),
    "customs.application": pgettext("records", "Returns told to customs"),
    "customs.arrival": pgettext("records", "What came from customs"),
    "customs.batchexchange": pgettext("records", "Exchanges of batches"),
    "customs.batch": pgettext("records", "Batches"),
    "customs.datarequest": pgettext("records", "Requests for payment data"),
    "customs.dataupload": pgettext("records", "Uploads of payment data"),
    "customs.declaration": pgettext("records", "Declarations"),
    "customs.document": pgettext("records", "Documents"),
    "customs.escalation": pgettext("records", "Escalations"),
    "customs.exchange": pgettext("records", "Exchanges with customs"),
    "customs.number": pgettext("records", "Numbers of documents"),
    "customs.receipt": pgettext("records", "Receipts of customs"),
    "payments.payment": pgettext("records", "Payments"),
    "payments.rawexchange": pgettext("records", "Exchanges with the provider"),
    "payments.refund": pgettext("records", "Refunds"),
    "payments.statement": pgettext("records", "Statements compared"),
    "shipping.waybill": pgettext("records", "Waybills"),
    "tariff.row": pgettext("records", "Rates"),
    "tariff.book": pgettext("records", "Rate books"),
    "checkout.limitcase": pgettext("records", "Cases at customs' limits"),
    "orders.correction": pgettext("records", "Corrections of the year"),
    "orders.event": pgettext("records", "Events of orders"),
    "orders.line": pgettext("records", "Lines of orders"),
    "orders.order": pgettext("records", "Orders"),
    "orders.parcel": pgettext("records", "Parcels"),
    "identity.accesskey": pgettext("records", "Access keys"),
    "identity.consent": pgettext("records", "Consents"),
    "identity.person": pgettext("records", "People"),
    "returns.book": pgettext("records", "Books of returns"),
    "returns.event": pgettext("records", "Events of returns"),
    "returns.line": pgettext("records", "Lines of returns"),
    "returns.return": pgettext("records", "Returns"),
}


def name_records() -> None:
    """Give what the admin shows its words. Migrations do not see it: they read what the models were written with."""
    for label, words in APPS.items():
        apps.get_app_config(label).verbose_name = words
    for label, many in MODELS.items():
        told = apps.get_model(label)._meta
        told.verbose_name, told.verbose_name_plural = _one(str(told.verbose_name), many), many
    for told in (model._meta for model in apps.get_models() if _BOTH in str(model._meta.verbose_name)):
        told.verbose_name, told.verbose_name_plural = _side(told.verbose_name), _side(told.verbose_name_plural)
    admin.site.index_title = gettext("Records")


def _one(one: str, many: Promise) -> str:
    """One of them; Chinese makes no difference, and some are named in Chinese only."""
    return lazy(lambda: one if language() == "en" and one.isascii() else str(many), str)()


def _side(both: object) -> str:
    """Of a name in both languages the reader's."""
    chinese, _, english = str(both).partition(_BOTH)
    return lazy(lambda: english if language() == "en" else chinese, str)()
