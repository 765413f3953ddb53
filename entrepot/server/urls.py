"""Every address of the house. Each entry point owns its own list."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from entrepot.web.rest.health import healthz

handler400 = "entrepot.web.common.errors.bad_request"
handler403 = "entrepot.web.common.errors.forbidden"
handler404 = "entrepot.web.common.errors.not_found"
handler500 = "entrepot.web.common.errors.fault"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/", include("entrepot.web.rest.urls")),
    path("callbacks/", include("entrepot.web.rest.callbacks")),
    path("office/", include("entrepot.web.backoffice.urls")),
    path("", include("entrepot.web.storefront.urls_plain")),
    *i18n_patterns(path("", include("entrepot.web.storefront.urls")), prefix_default_language=False),
]
