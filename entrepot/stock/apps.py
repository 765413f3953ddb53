from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "entrepot.stock"
    label = "stock"
    verbose_name = "库存"
