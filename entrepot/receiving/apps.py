from django.apps import AppConfig


class ReceivingConfig(AppConfig):
    name = "entrepot.receiving"
    label = "receiving"
    verbose_name = "收货"
