from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "entrepot.web.common"
    label = "web_common"
