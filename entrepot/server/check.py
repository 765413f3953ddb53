"""`entrepot check`: what is missing or unsafe, each with what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

import psycopg

from entrepot.server.given import flag, index_key, keys, names

required = {
    "SECRET_KEY": "a long random text; signs sessions and forms",
    "DATABASE_URL": "postgresql://user:password@host/name, PostgreSQL 15 or newer",
    "ENTREPOT_FIELD_KEYS": "id:base64 of 32 random bytes; encrypts personal fields, kept apart from backups",
    "ENTREPOT_INDEX_KEY": "base64 of 32 random bytes; looks personal fields up",
    "ENTREPOT_URL": "https://… as visitors see it",
    "ENTREPOT_HOSTS": "the host names that are answered, comma-separated",
    "ENTREPOT_PAYMENT_SECRET": "shared with the payment provider; signs requests and notices",
    "ENTREPOT_CARRIER_SECRET": "shared with the carrier",
    "ENTREPOT_PAYMENT_URL": "the payment provider's address",
    "ENTREPOT_CARRIER_URL": "the carrier's address",
    "ENTREPOT_CUSTOMS_URL": "the customs port's address",
}
optional = """
    ALIPAY_CLIENT_ID ALIPAY_KEY_FILE ALIPAY_PUBLIC_KEY_FILE ALIPAY_URL BEHIND_PROXY BIND CUSTOMS_AGENT
    CUSTOMS_ASSURE_CODE CUSTOMS_CERTIFICATE_FILE CUSTOMS_DATA_NUMBERS CUSTOMS_DATA_URL CUSTOMS_DXP_ID
    CUSTOMS_FOLDER CUSTOMS_KEY_FILE CUSTOMS_KEY_PASSWORD CUSTOMS_MERCHANT CUSTOMS_PATIENCE CUSTOMS_PAYEE
    CUSTOMS_PAY_TYPE CUSTOMS_PLATFORM CUSTOMS_PLATFORM_DATA_URL CUSTOMS_PORT_CERTIFICATE_FILE CUSTOMS_RECEIVER
    CUSTOMS_SIGNER CUSTOMS_SIGNER_TAKES CUSTOMS_SIGNER_TOKEN CUSTOMS_SIGNER_URL CUSTOMS_SM2 CUSTOMS_TRANSPORT
    DEMO DEMO_PICTURES EMAIL_BACKEND EMAIL_FROM FOUR_EYES_FROM_FEN GENERAL_TRADE_IMPORTER HOME
    IDLE_TRANSACTION_TIMEOUT_S INTAKE_PORT INTAKE_WORKERS LIMIT_ANSWER_DAYS LIMIT_WAIT_DAYS_MAX LOG MEDIA_ROOT
    MORTAL NEW_PASSWORD PAYMENT_AUTHORISE_FIRST PAYMENT_DECLARER PAYMENT_PLACES PG_BIN PG_USER PROXIES
    SANDBOX_URL SHOP_NAME SMS_TOKEN SMS_URL SMTP STATEMENT_TIMEOUT_S STATIC_FROM_PACKAGES STATIC_ROOT
    WEB_CONNECTIONS WEB_THREADS WEB_WAITING WEB_WORKERS WECHAT_APP_ID WECHAT_KEY WECHAT_MERCHANT_ID WECHAT_URL
    WORKER_CONCURRENCY WORKER_NICE
"""
known = {*required, *(f"ENTREPOT_{name}" for name in optional.split())}
fits: dict[str, Callable[[str], bool]] = {  # whether it is written as it is to be
    "ENTREPOT_FIELD_KEYS": lambda text: bool(keys(text)),
    "ENTREPOT_INDEX_KEY": lambda text: bool(index_key(text)),
    "ENTREPOT_URL": lambda text: _is_address(text, "http", "https"),
    "ENTREPOT_PAYMENT_URL": lambda text: _is_address(text, "http", "https"),
    "ENTREPOT_CARRIER_URL": lambda text: _is_address(text, "http", "https"),
    "ENTREPOT_CUSTOMS_URL": lambda text: _is_address(text, "http", "https"),
    "ENTREPOT_SMTP": lambda text: _is_address(text, "smtp", "smtps"),
}
oldest_server = 15
mail = "smtp://user:password@host:587 (STARTTLS) or smtps://…"


@dataclass(frozen=True, slots=True)
class Finding:
    """`fatal` findings keep the shop from opening safely; the others are advice."""

    fatal: bool
    what: str


def environment_findings() -> Iterator[Finding]:
    """Findings that need nothing but the environment."""
    demo = flag("ENTREPOT_DEMO")
    given_by_demo = {
        "ENTREPOT_URL",
        "ENTREPOT_HOSTS",
        "ENTREPOT_PAYMENT_URL",
        "ENTREPOT_CARRIER_URL",
        "ENTREPOT_CUSTOMS_URL",
    }
    for name, meaning in required.items():
        if not os.environ.get(name) and not (demo and name in given_by_demo):
            yield Finding(True, f"{name} is not set: {meaning}")
    for name in fits:
        if not _fits(name):
            yield Finding(True, f"{name} cannot be right: {required.get(name) or mail}")
    url = os.environ.get("ENTREPOT_URL", "")
    if url and urlsplit(url).scheme != "https" and not demo:
        yield Finding(True, "ENTREPOT_URL is not https: cookies and personal data would travel in the clear")
    if url.startswith("https:") and not flag("ENTREPOT_BEHIND_PROXY"):
        yield Finding(
            True,
            "ENTREPOT_BEHIND_PROXY is not set: nobody ends TLS here, so every page of an https address would lead to"
            " itself for ever; 1 where a proxy ends it and sets X-Forwarded-Proto itself",
        )
    if url and not _answers(urlsplit(url).hostname or ""):
        yield Finding(True, "ENTREPOT_HOSTS does not name the host of ENTREPOT_URL: nobody would be answered there")
    if demo:
        yield Finding(
            False, "ENTREPOT_DEMO=1: demo log-ins are shown and staff need no second factor; never in production"
        )
    if not demo and not os.environ.get("ENTREPOT_SMTP") and not os.environ.get("ENTREPOT_EMAIL_BACKEND"):
        yield Finding(True, f"ENTREPOT_SMTP is not set: nobody could sign up, codes go by mail ({mail})")
    if not demo and not os.environ.get("ENTREPOT_SHOP_NAME"):
        yield Finding(False, "ENTREPOT_SHOP_NAME is not set: mails, purchase orders and error pages say Koala Lane")
    if not demo and not os.environ.get("ENTREPOT_SMS_URL"):
        yield Finding(False, "ENTREPOT_SMS_URL is not set: phone numbers cannot be used to sign up")
    if len(os.environ.get("SECRET_KEY", "x" * 50)) < 40:
        yield Finding(True, "SECRET_KEY is short: use at least 40 random characters")
    yield from unknown()


def _answers(host: str) -> bool:
    """Whether a host is among those that are answered, or nothing is said of them."""
    from django.http.request import validate_host  # noqa: PLC0415 slow to import, and `quote --shipped` needs it not

    hosts = os.environ.get("ENTREPOT_HOSTS", "")
    return not hosts or validate_host(host, names(hosts))


def unknown() -> Iterator[Finding]:
    """Settings that nobody reads, as those with a letter wrong are: what was meant has its default then."""
    for name in sorted(os.environ):
        if name.startswith("ENTREPOT_") and name not in known:
            (meant,) = get_close_matches(name, known, n=1) or ("",)
            yield Finding(False, f"{name} is not a setting" + (f": was {meant} meant?" if meant else ""))


def _is_address(text: str, *schemes: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)


def _fits(name: str) -> bool:
    """Whether it is written as it is to be, or not set."""
    text = os.environ.get(name)
    try:
        return not text or fits[name](text)
    except ValueError:
        return False


def database_findings(url: str) -> Iterator[Finding]:
    """Findings about the server: reachable, new enough, durable, in UTF-8."""
    try:
        with psycopg.connect(url, connect_timeout=5) as db:
            yield from _server_findings(db)
    except psycopg.OperationalError as wrong:
        yield Finding(True, f"the database does not answer ({urlsplit(url).hostname or 'socket'}): {wrong}")
    except psycopg.ProgrammingError:  # which quotes the whole of it
        yield Finding(True, f"DATABASE_URL cannot be right: {required['DATABASE_URL']}")


def _server_findings(db: psycopg.Connection[tuple[str]]) -> Iterator[Finding]:
    version = db.info.server_version // 10_000
    if version < oldest_server:
        yield Finding(True, f"the database is PostgreSQL {version}; {oldest_server} or newer is needed")
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if db.execute(f"SHOW {name}").fetchone() == ("off",):
            yield Finding(True, f"{name} is off on the database: a power cut would lose acknowledged orders")
    if db.execute("SHOW server_encoding").fetchone() != ("UTF8",):
        yield Finding(True, "the database is not in UTF-8")
