from django.apps import AppConfig


class ShelfConfig(AppConfig):
    name = "entrepot.shelf"
    label = "shelf"
    verbose_name = "陈列"
