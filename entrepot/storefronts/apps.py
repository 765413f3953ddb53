from django.apps import AppConfig


class StorefrontsConfig(AppConfig):
    name = "entrepot.storefronts"
    label = "storefronts"
    verbose_name = "店铺"
