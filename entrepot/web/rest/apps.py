from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "entrepot.web.rest"
    label = "web_rest"
