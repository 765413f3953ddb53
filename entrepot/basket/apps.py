from django.apps import AppConfig


class BasketConfig(AppConfig):
    name = "entrepot.basket"
    label = "basket"
    verbose_name = "购物车"
