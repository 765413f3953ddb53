from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "entrepot.catalogue"
    label = "catalogue"
    verbose_name = "商品"
