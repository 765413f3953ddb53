from django.apps import AppConfig


class CustomsConfig(AppConfig):
    name = "entrepot.customs"
    label = "customs"
    verbose_name = "报关"
