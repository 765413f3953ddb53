from django.apps import AppConfig


class TariffConfig(AppConfig):
    name = "entrepot.tariff"
    label = "tariff"
    verbose_name = "税则"
