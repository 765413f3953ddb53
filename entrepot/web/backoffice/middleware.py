"""What differs under /office/: the policy that the admin's frame needs.

The frame (django-unfold) evaluates Alpine expressions and writes its theme's colours into a style element, so these
pages allow 'unsafe-eval' and inline styles. Inline scripts stay forbidden, and the shop's own policy stays strict.
"""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

_policy = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class OfficePolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/office/"):
            response._csp_replace = _policy  # type: ignore[attr-defined]
        return response
