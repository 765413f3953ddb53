"""Who may call which address. Views declare it; the gate asks first, and lets nobody into what declares nothing.

    @access(PUBLIC)                          everybody
    @access(BUYER)                           whoever is logged in (the view itself shows only what is theirs)
    @access(Role.CUSTOMS, Role.SERVICE)      staff with one of these roles and a second factor
    @access(*STAFF)                          staff of any role

On functions and on class-based views. API operations declare theirs as `auth=Door(…)` (`entrepot.web.common.callers`);
views that others wrote stand in THIRD_PARTY below. tests/test_access_matrix.py calls every address as everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import ResolverMatch
from django_htmx.http import HttpResponseClientRedirect

from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.common.middleware import answer

second_factor_max_age_s = 12 * 3600  # a working day
View = TypeVar("View", bound=Callable[..., Any])


class MustLogIn(Refusal):
    code = "must_log_in"
    status = 401
    zh = "请先登录"
    en = "Please log in first"


class NotAllowed(Refusal):
    code = "not_allowed"
    status = 403
    zh = "您没有权限进行此操作"
    en = "You may not do this"


class SecondFactorNeeded(Refusal):
    code = "second_factor_needed"
    status = 403
    zh = "员工须通过两步验证才能进入后台"
    en = "Staff enter the back office with a second factor only"


@dataclass(frozen=True, slots=True)
class Access:
    """A declaration: `own` for pages of whoever is logged in, `inside` for views that check themselves (the API)."""

    public: bool = False
    own: bool = False
    roles: frozenset[Role] = frozenset()
    inside: bool = False

    def __str__(self) -> str:
        words = [name for name in ("public", "own", "inside") if getattr(self, name)]
        return " ".join(words + sorted(role.value for role in self.roles))


PUBLIC = Access(public=True)
BUYER = Access(own=True)
STAFF = tuple(Role)
INSIDE = Access(inside=True)

_ANY_STAFF = Access(roles=frozenset(STAFF))

# Views we did not write, by URL name (with namespace); the longest matching beginning counts.
THIRD_PARTY: dict[str, Access] = {
    "account_": BUYER,
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_email_verification_sent": PUBLIC,
    "account_verify_phone": PUBLIC,
    "account_confirm_login_code": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_confirm_password_reset_code": PUBLIC,
    "account_complete_password_reset": PUBLIC,
    "account_password_reset_completed": PUBLIC,
    "mfa_": BUYER,
    "mfa_authenticate": PUBLIC,
    "admin:": _ANY_STAFF,
    "set_language": PUBLIC,
    "api": INSIDE,
}


def declared(*who: Access | Role) -> Access:
    """One declaration from what `access` was given. Raises ValueError for nothing or a mixture."""
    roles = frozenset(one for one in who if isinstance(one, Role))
    others = [one for one in who if isinstance(one, Access)]
    if not who or len(others) > 1 or (others and roles):
        raise ValueError("declare PUBLIC, or BUYER, or roles")
    return others[0] if others else Access(roles=roles)


def access(*who: Access | Role) -> Callable[[View], View]:
    """Declare who may call a view (function or class)."""
    declaration = declared(*who)

    def declare(view: View) -> View:
        view.entrepot_access = declaration  # type: ignore[attr-defined]
        return view

    return declare


def declaration_of(view: Callable[..., Any], name: str) -> Access | None:
    """What a view declares, itself or in THIRD_PARTY by its URL `name`; None where nobody did."""
    for holder in (view, getattr(view, "view_class", None)):
        if isinstance(found := getattr(holder, "entrepot_access", None), Access):
            return found
    beginnings = [beginning for beginning in THIRD_PARTY if name.startswith(beginning)]
    return THIRD_PARTY[max(beginnings, key=len)] if beginnings else None


def may_enter(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether somebody logged in counts as such: an open account, and the demo's own people only while it runs."""
    return user.is_authenticated and user.is_active and (settings.DEMO or not getattr(user, "is_demo", False))


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session proved a second factor today; the demo's own people need none while the demo runs."""
    user = request.user
    if not user.is_authenticated:
        return False
    if settings.DEMO and user.is_demo:
        return True
    since = now().timestamp() - second_factor_max_age_s
    records = get_authentication_records(request, user)
    return any(record.get("method") == "mfa" and record.get("at", 0) >= since for record in records)


def check_session(request: HttpRequest, wanted: Access) -> None:
    """Refuse a session that `wanted` does not let in: MustLogIn, NotAllowed, SecondFactorNeeded."""
    if wanted.public or wanted.inside:
        return
    user = request.user
    if not user.is_authenticated or not may_enter(user):
        raise MustLogIn()
    if wanted.own:
        return
    if not wanted.roles & user.role_set:
        raise NotAllowed()
    if not has_second_factor(request):
        raise SecondFactorNeeded()


class Gate:
    """Middleware: asks each view's declaration before it runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match: ResolverMatch | None = request.resolver_match
        wanted = declaration_of(view, match.view_name if match else "")
        if wanted is None:
            raise ImproperlyConfigured(f"{request.resolver_match} does not declare who may call it")
        try:
            check_session(request, wanted)
        except Refusal as refusal:
            return _turned_away(request, refusal)
        return None


def _turned_away(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page leads to where the missing thing can be had; the API and a missing role get the refusal itself."""
    if request.path.startswith("/api/") or isinstance(refusal, NotAllowed):
        return answer(request, refusal)
    way = "account_login"
    if isinstance(refusal, SecondFactorNeeded) and request.user.is_authenticated:
        way = "mfa_reauthenticate" if is_mfa_enabled(request.user) else "mfa_activate_totp"
    address = f"{resolve_url(way)}?{urlencode({'next': back_to(request)})}"
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def back_to(request: HttpRequest) -> str:
    """Where to go after logging in or choosing a language: this page, or for a form the page it was on. Always an
    address of ours."""
    if request.method in {"GET", "HEAD"} and not getattr(request, "htmx", False):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc == request.get_host() and came_from.path.startswith("/"):
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return "/"
