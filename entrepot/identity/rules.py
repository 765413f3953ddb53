"""What roles may do, and what people's data must look like, plain and masked. Pure: no database, no clock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date

import phonenumbers
from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from entrepot.identity.types import Role, name_length_max
from entrepot.kit.sealing import mask

# The records (Django app labels) that a role may look at and the ones it may change in the back office. The operator
# sees everything but changes only people and settings: money, stock and declarations move through their own verbs.
SEES: dict[Role, frozenset[str]] = {
    Role.OPERATOR: frozenset({"*"}),
    Role.CATALOGUE: frozenset({"catalogue", "pricing", "storefronts", "stock", "tariff", "shelf"}),
    Role.WAREHOUSE: frozenset({"stock", "catalogue", "shipping", "orders"}),
    Role.CUSTOMS: frozenset({"customs", "orders", "payments", "shipping", "catalogue", "tariff"}),
    Role.SERVICE: frozenset({"orders", "payments", "shipping", "customs", "identity", "catalogue", "basket"}),
    Role.FINANCE: frozenset({"payments", "orders", "pricing", "tariff", "storefronts", "procurement"}),
    Role.PURCHASING: frozenset({"procurement", "catalogue", "stock", "tariff", "pricing", "storefronts"}),
}
CHANGES: dict[Role, frozenset[str]] = {
    Role.OPERATOR: frozenset({"identity", "storefronts", "outbox"}),
    Role.CATALOGUE: frozenset({"catalogue", "pricing"}),
    Role.WAREHOUSE: frozenset({"stock"}),
    Role.CUSTOMS: frozenset({"customs", "tariff"}),
    Role.SERVICE: frozenset({"orders"}),
    Role.FINANCE: frozenset({"payments", "pricing"}),
    Role.PURCHASING: frozenset(),
}

_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
# One name in stdnum's table: "[1983-2021]下城区", "[2001-]余杭区" or "桐庐县"; the group is the year it ended, if any.
_COUNTY_ENDED = re.compile(r"(?:^|,)(?:\[[0-9]*-([0-9]*)\])?[^,]+")

age_min_years = 18  # a minor's purchase needs the guardian's real name


def permits(*, roles: Collection[Role], app_label: str, action: str) -> bool:
    """Whether one of `roles` may do `action` (Django's view, add, change, delete) with the records of `app_label`."""
    table = SEES if action == "view" else CHANGES
    wanted = {app_label, "*"}
    return any(table[role] & wanted for role in roles)


def phone_number(text: str, *, chinese_only: bool = False) -> str | None:
    """E.164 of a number that can exist; without a country code it is read as Chinese. None if it cannot be right."""
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or (chinese_only and number.country_code != 86):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def person_name(text: str) -> str | None:
    """A name as on an ID card: letters (Han or Latin), "·" and single spaces, 2 to 60; None if it is not one."""
    name = " ".join(unicodedata.normalize("NFKC", text).replace("•", "·").split())
    if not 2 <= len(name) <= name_length_max:
        return None
    if not all(unicodedata.category(letter).startswith("L") or letter in " ·.'-" for letter in name):
        return None
    return name if unicodedata.category(name[0]).startswith("L") else None


def plain_text(text: str, *, length_max: int) -> str | None:
    """One line of at most `length_max` characters, white space collapsed. None if empty, longer or with controls."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(line) <= length_max or any(unicodedata.category(letter)[0] == "C" for letter in line):
        return None
    return line


def id_number(text: str, *, today: date) -> tuple[str, date] | None:
    """A resident ID number (GB 11643, 18 characters) and its birth date; None if digit, region or date is wrong.

    The region is where the number was given out, which for adults of today was often years after their birth: somebody
    born in 1980 may carry the code of a district founded in 1993. So only a region that had ended before the birth is
    wrong. (stdnum's own `ric.validate` also refuses regions founded after it, and with them real people.)
    """
    number = "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "").upper()
    if _ID_NUMBER.fullmatch(number) is None or number[-1] != ric.calc_check_digit(number):
        return None
    try:
        born: date = ric.get_birth_date(number)
    except ValidationError:
        return None
    return (number, born) if born <= today and _region_since(number[:6], born.year) else None


def _region_since(code: str, year: int) -> bool:
    """Whether the county code was in use in `year` or later."""
    properties = [parts[1] for parts in numdb.get("cn/loc").info(code)]
    names = ",".join(found.get("county", "") for found in properties)
    return any(int(ended or year) >= year for ended in _COUNTY_ENDED.findall(names))


def age_years(born: date, today: date) -> int:
    """Full years; somebody born on 29 February comes of age on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def masked_name(name: str) -> str:
    """张三丰 as 张**."""
    return mask(name, 1, 0)


def masked_phone(phone: str) -> str:
    """+8613800135678 as 138****5678; other countries keep their code: +1*******4567."""
    if phone.startswith("+86"):
        return mask(phone.removeprefix("+86"), 3, 4)
    return mask(phone, 2, 4)


def masked_id_number(number: str) -> str:
    """11010519491231002X as 110***********002X."""
    return mask(number, 3, 4)


def masked_email(email: str) -> str:
    """anna@example.com as a***@example.com."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}***@{domain}" if domain else ""
