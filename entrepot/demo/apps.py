from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "entrepot.demo"
    label = "demo"
    verbose_name = "演示"
