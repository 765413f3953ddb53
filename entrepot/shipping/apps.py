from django.apps import AppConfig


class ShippingConfig(AppConfig):
    name = "entrepot.shipping"
    label = "shipping"
    verbose_name = "物流"
