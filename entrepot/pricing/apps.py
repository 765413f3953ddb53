from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "entrepot.pricing"
    label = "pricing"
    verbose_name = "价格"
