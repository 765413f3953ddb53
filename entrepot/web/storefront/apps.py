from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "entrepot.web.storefront"
    label = "web_storefront"
