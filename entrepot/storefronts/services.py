"""Opening shops."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.storefronts import cached, rules
from entrepot.storefronts.models import Host, Storefront
from entrepot.storefronts.types import StorefrontDraft


class InvalidStorefront(Invalid):
    code = "invalid_storefront"
    zh = "店铺资料有误：{what}"
    en = "The storefront's {what} cannot be right"


class StorefrontTaken(Refusal):
    code = "storefront_taken"
    zh = "店铺代码或域名已被使用：{code}"
    en = "The storefront's code or one of its hosts is taken already: {code}"


def open_storefront(*, draft: StorefrontDraft, now: datetime) -> UUID:
    """Open a shop and return its id. Refuses InvalidStorefront (names the field) and StorefrontTaken."""
    wrong = rules.fault(draft)
    if wrong is not None:
        raise InvalidStorefront(field=wrong, what=wrong)
    storefront_id = new_id()
    try:
        with transaction.atomic():
            Storefront.objects.create(
                id=storefront_id,
                code=draft.code,
                names=dict(draft.names),
                default_language=draft.languages[0],
                languages=list(draft.languages),
                currency=draft.currency,
                opened_at=now,
            )
            Host.objects.bulk_create([Host(storefront_id=storefront_id, name=name) for name in draft.hosts])
            transaction.on_commit(cached.forget)
    except IntegrityError as taken:
        raise StorefrontTaken(field="code", code=draft.code) from taken
    cached.forget()
    return storefront_id
