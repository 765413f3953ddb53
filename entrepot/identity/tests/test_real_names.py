"""Real-name records: kept sealed, read with a reason, forgotten when withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from entrepot.audit.selectors import of_buyer
from entrepot.identity import models, selectors, services
from entrepot.identity.services.real_names import kept_after_drop
from entrepot.identity.tests.makers import NOW, address, buyer, id_number, real_name
from entrepot.identity.types import Orderer, RealName, RealNameDraft
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.kit.sealing import CannotOpen

pytestmark = pytest.mark.django_db


def reveal(record_id: UUID, buyer_id: UUID, reason: str = "declaration of parcel X") -> RealName:
    return services.reveal_real_name(
        record_id=record_id, buyer_id=buyer_id, reader="system:customs", reason=reason, now=NOW
    )


def test_each_reading_is_logged_with_reader_and_reason() -> None:
    person = buyer()
    record_id = real_name(person, name="张小燕")
    opened = reveal(record_id, person)
    assert (opened.name, opened.id_number, opened.phone) == ("张小燕", id_number(), "+8613800135678")
    [entry] = of_buyer(buyer_id=person)
    assert (entry.actor, entry.action, entry.subject_id) == ("system:customs", "identity.real_name_read", record_id)
    assert entry.reason == "declaration of parcel X"
    assert id_number() not in str(entry.detail) + entry.reason


def test_a_reading_is_one_statement_and_may_confirm_the_record(django_assert_num_queries: Any) -> None:
    person, other = buyer(), buyer()
    record_id = real_name(person)
    with django_assert_num_queries(3):  # with the savepoint that stands for the transaction
        assert not reveal(record_id, person).verified
    seen = {"reader": "system:customs", "reason": "x", "now": NOW, "confirmed_by": "payment sandbox"}
    with pytest.raises(NotFound):
        services.reveal_real_name(record_id=record_id, buyer_id=other, **seen)
    assert not reveal(record_id, person).verified
    assert services.reveal_real_name(record_id=record_id, buyer_id=person, **seen).verified
    assert reveal(record_id, person).verified
    assert selectors.masked_real_names(buyer_id=person)[0].verified
    assert len(of_buyer(buyer_id=person)) == 4
    assert of_buyer(buyer_id=other) == []


def test_where_an_order_goes_and_whose_it_is(django_assert_num_queries: Any) -> None:
    person, other = buyer(), buyer()
    record_id, address_id = real_name(person), address(person)
    mine = Orderer(person, address_id, record_id)
    changed = ({"address_id": new_id()}, {"real_name_id": new_id()}, {"buyer_id": other})
    wrong = [replace(mine, **change) for change in changed]
    with django_assert_num_queries(1):
        found, *missing = services.open_orderers(asked=[mine, *wrong])
    assert not isinstance(found, NotFound)
    place, id_hash = found
    assert place == services.open_address(address_id=address_id, buyer_id=person)
    assert id_hash == selectors.id_hash(record_id=record_id, buyer_id=person)
    assert [type(one).__name__ for one in missing] == ["NoAddress", "NoRealName", "NoAddress"]
    services.drop_real_name(record_id=record_id, buyer_id=person, now=NOW)
    assert isinstance(services.open_orderers(asked=[mine])[0], NotFound)


def test_no_reading_without_a_reason() -> None:
    person = buyer()
    record_id = real_name(person)
    with pytest.raises(services.ReasonMissing):
        reveal(record_id, person, reason=" ")
    assert of_buyer(buyer_id=person) == []


def test_pages_see_masks_and_leave_no_trace() -> None:
    person = buyer()
    real_name(person, name="欧阳娜娜")
    [masked] = selectors.masked_real_names(buyer_id=person)
    assert (masked.name, masked.id_number, masked.verified) == ("欧***", "110***********0013", False)
    assert of_buyer(buyer_id=person) == []


@pytest.mark.parametrize(
    ("draft", "code", "field"),
    [
        (RealNameDraft("张小燕", id_number(), "13800135678", consent=False), "consent_missing", "consent"),
        (RealNameDraft("张3", id_number(), "13800135678", consent=True), "invalid_name", "name"),
        (RealNameDraft("张小燕", "110105199001070012", "13800135678", consent=True), "invalid_id_number", "id_number"),
        (RealNameDraft("张小燕", "", "13800135678", consent=True), "invalid_id_number", "id_number"),
        (
            RealNameDraft("张小燕", id_number(born=date(2010, 1, 1)), "13800135678", consent=True),
            "under_age",
            "id_number",
        ),
        (RealNameDraft("张小燕", id_number(), "+14155552671", consent=True), "invalid_phone", "phone"),
    ],
)
def test_bad_records_are_refused_by_name_and_field(draft: RealNameDraft, code: str, field: str) -> None:
    person = buyer()
    with pytest.raises(Refusal) as refused:
        services.record_real_name(buyer_id=person, draft=draft, now=NOW)
    assert (refused.value.code, refused.value.field) == (code, field)
    typed = draft.id_number
    assert not typed or typed not in refused.value.message("zh") + refused.value.message("en") + str(refused.value)
    assert selectors.masked_real_names(buyer_id=person) == []


def test_the_consent_is_kept_with_time_purpose_and_wording_and_outlives_the_data() -> None:
    person = buyer()
    record_id = real_name(person)
    services.drop_real_name(record_id=record_id, buyer_id=person, now=NOW + timedelta(days=1))
    services.purge_real_names(now=NOW + timedelta(days=200))
    [consent] = models.Consent.objects.filter(real_name_id=record_id)
    assert (consent.purpose, consent.given_at, consent.withdrawn_at) == ("customs", NOW, NOW + timedelta(days=1))
    assert consent.wording


def test_the_same_person_again_is_the_same_record() -> None:
    person = buyer()
    first = real_name(person)
    draft = RealNameDraft(name="张小燕", id_number=id_number(), phone="13900002222", consent=True)
    assert services.record_real_name(buyer_id=person, draft=draft, now=NOW) == first
    assert reveal(first, person).phone == "+8613900002222"


def test_a_corrected_name_is_a_new_record_and_the_old_one_stays_as_it_was() -> None:
    person = buyer()
    old = real_name(person, name="张小雁")
    new = real_name(person, name="张小燕")
    assert [one.id for one in selectors.masked_real_names(buyer_id=person)] == [new]
    assert reveal(old, person).name == "张小雁"


def test_two_buyers_may_hold_the_same_person_and_the_hash_says_so() -> None:
    mine, theirs = buyer(), buyer()
    a, b = reveal(real_name(mine), mine), reveal(real_name(theirs), theirs)
    assert a.id != b.id
    assert a.id_hash == b.id_hash
    assert len(a.id_hash) == 32


def test_at_most_five_people() -> None:
    person = buyer()
    for sequence in range(1, 6):
        real_name(person, number=id_number(sequence=sequence))
    with pytest.raises(services.TooManyRealNames):
        real_name(person, number=id_number(sequence=6))


def test_somebody_elses_record_does_not_exist() -> None:
    mine, theirs = buyer(), buyer()
    foreign = real_name(theirs)
    verbs: list[Callable[[], Any]] = [
        lambda: reveal(foreign, mine),
        lambda: services.drop_real_name(record_id=foreign, buyer_id=mine, now=NOW),
        lambda: reveal(new_id(), mine),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            verb()


def test_a_dropped_record_serves_open_orders_for_ninety_days_and_then_is_empty() -> None:
    person = buyer()
    record_id = real_name(person)
    services.drop_real_name(record_id=record_id, buyer_id=person, now=NOW)
    assert selectors.masked_real_names(buyer_id=person) == []
    assert reveal(record_id, person).name == "张小燕"
    assert services.purge_real_names(now=NOW + kept_after_drop - timedelta(seconds=1)) == 0
    assert services.purge_real_names(now=NOW + kept_after_drop) == 1
    assert services.purge_real_names(now=NOW + kept_after_drop) == 0
    with pytest.raises(NotFound):
        reveal(record_id, person)
    row = models.RealName.objects.get(id=record_id)
    assert (bytes(row.name_sealed), bytes(row.id_number_sealed), bytes(row.id_hash)) == (b"", b"", b"")


def _dump() -> bytes:
    """Every row of the database as text, as a backup would hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows).encode()


def test_a_dump_of_the_database_holds_nothing_in_the_clear() -> None:
    person = buyer(phone="13700007777")
    record_id = real_name(person, name="张小燕")
    address(person)
    reveal(record_id, person)
    dump = _dump()
    assert str(person).encode() in dump
    for secret in ("张小燕", id_number(), id_number()[6:14], "13800135678", "13700007777", "文三路"):
        for form in (secret.encode(), secret.encode().hex().encode()):
            assert form not in dump


def test_values_moved_to_another_row_do_not_open() -> None:
    person = buyer()
    one, other = real_name(person), real_name(person, number=id_number(sequence=2))
    stolen = models.RealName.objects.get(id=one).id_number_sealed
    models.RealName.objects.filter(id=other).update(id_number_sealed=stolen)
    with pytest.raises(CannotOpen):
        reveal(other, person)
