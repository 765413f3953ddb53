from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "entrepot.returns"
    label = "returns"
    verbose_name = "退货"
