"""What a storefront must be. Pure."""

from __future__ import annotations

import re

from entrepot.storefronts.types import StorefrontDraft

LANGUAGES = ("zh-hans", "en")  # what the pages are written in
CURRENCY = "CNY"  # China's tax and freight are owed in it, and customs takes orders and payments in no other
HOSTS_MAX = 20
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def host_name(host: str) -> str:
    """The name of an HTTP Host header as it is stored: lower case, no port, no trailing dot."""
    name = host.strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    return name.rstrip(".")


def fault(draft: StorefrontDraft) -> str | None:
    """The first field of the draft that cannot be right, or None."""
    if len(draft.code) > 40 or not _CODE.fullmatch(draft.code):
        return "code"
    if not draft.languages or len(set(draft.languages)) != len(draft.languages):
        return "languages"
    if not set(draft.languages) <= set(LANGUAGES):
        return "languages"
    if not all(draft.names.get(language, "").strip() for language in draft.languages):
        return "names"
    if not draft.hosts or len(draft.hosts) > HOSTS_MAX or len(set(draft.hosts)) != len(draft.hosts):
        return "hosts"
    if not all(host == "" or (len(host) <= 253 and _HOST.fullmatch(host)) for host in draft.hosts):
        return "hosts"
    return None if draft.currency == CURRENCY else "currency"
