"""Pages and files that need nothing from the business: help, pictures, robots."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from entrepot.catalogue import selectors as catalogue
from entrepot.web.common.access import PUBLIC, access

_FOR_EVER = "public, max-age=31536000, immutable"


@access(PUBLIC)
def help_page(request: HttpRequest, topic: str) -> HttpResponse:
    headings = {
        "tax": _("How tax works"),
        "shipping": _("Delivery and customs"),
        "returns": _("Returns"),
        "genuine": _("Genuine goods"),
        "privacy": _("Privacy"),
    }
    if topic not in headings:
        raise Http404
    return render(request, "help/page.html", {"topic": topic, "heading": headings[topic]})


@access(PUBLIC)
@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A stored picture. They are named by the hash of their content: a path never changes what it shows."""
    file = catalogue.media_file(path=path)
    if file is None:
        raise Http404
    tag = f'"{path}"'
    if request.headers.get("If-None-Match") == tag:
        answer: HttpResponseBase = HttpResponseNotModified()
    else:
        answer = FileResponse(file.open("rb"), content_type="image/webp")
    answer["Cache-Control"] = _FOR_EVER
    answer["ETag"] = tag
    return answer


@access(PUBLIC)
def robots(request: HttpRequest) -> HttpResponse:
    """Lists narrowed by filters are endless; people's own pages are nobody's business."""
    kept_out = ["search/", "basket/", "checkout/", "orders/", "returns/", "account/", "accounts/", "*?"]
    lines = ["User-agent: *", *(f"Disallow: /{start}{path}" for start in ("", "en/") for path in kept_out)]
    lines += ["Disallow: /office/", "Disallow: /api/"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@access(PUBLIC)
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("shop/koala.svg"))
