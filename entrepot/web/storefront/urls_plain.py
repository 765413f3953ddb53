"""Addresses without a language."""

from django.urls import path

from entrepot.web.storefront.views import plain

urlpatterns = [
    path("media/<path:path>", plain.media, name="media"),
    path("robots.txt", plain.robots, name="robots"),
    path("favicon.ico", plain.favicon, name="favicon"),
]
