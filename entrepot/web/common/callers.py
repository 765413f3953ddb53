"""Who calls: somebody logged in, or the bearer of an access key. API operations declare whom they let in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from entrepot.identity.services import BadKey, check_key
from entrepot.identity.types import ANONYMOUS, Caller, Role, Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.common.access import Access, MustLogIn, NotAllowed, check_session, declared, may_enter


class ScopeMissing(Refusal):
    code = "scope_missing"
    status = 403
    zh = "访问密钥缺少权限：{scope}"
    en = "The access key lacks the scope {scope}"


class StaleForm(Refusal):
    code = "stale_form"
    status = 403
    zh = "页面已过期，请刷新后重试"
    en = "The page is out of date: reload it and try again"


def caller(request: HttpRequest) -> Caller:
    """The caller by `Authorization: Bearer <key>`, else by session, else anonymous. Refuses BadKey."""
    known: Caller | None = getattr(request, "entrepot_caller", None)
    if known is None:
        known = _bearer(request) or _session(request)
        request.entrepot_caller = known  # type: ignore[attr-defined]
    return known


def _bearer(request: HttpRequest) -> Caller | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer":
        raise BadKey()
    return check_key(secret=secret.strip(), now=now())


def _session(request: HttpRequest) -> Caller:
    user = request.user
    if not user.is_authenticated or not may_enter(user):
        return ANONYMOUS
    return Caller(person_id=user.id, roles=user.role_set)


class Door(AuthBase):
    """What an API operation lets in, given as `auth=`: `Door(PUBLIC, scope=Scope.CATALOGUE_READ)`, `Door(BUYER, …)`.

    A key must hold `scope`, also where everybody may call. Sessions pass the CSRF check on writes and, for staff
    roles, need the second factor. `request.auth` is the Caller.
    """

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *who: Access | Role, scope: Scope | None = None) -> None:
        self.entrepot_access = declared(*who)
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        someone = caller(request)
        if someone.scopes is None:
            check_session(request, self.entrepot_access)
            if someone.person_id is not None and check_csrf(request) is not None:
                raise StaleForm()
            return someone
        self.let_in(someone)
        return someone

    def let_in(self, bearer: Caller) -> None:
        """Refuse the bearer of a key who may not: ScopeMissing, NotAllowed, MustLogIn."""
        if self.scope is not None and self.scope.value not in (bearer.scopes or ()):
            raise ScopeMissing(scope=self.scope.value)
        wanted = self.entrepot_access
        if wanted.roles and not wanted.roles & bearer.roles:
            raise NotAllowed()
        if not wanted.public and bearer.person_id is None:
            raise MustLogIn()
