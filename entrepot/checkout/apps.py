from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "entrepot.checkout"
    label = "checkout"
    verbose_name = "结算"
