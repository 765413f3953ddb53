from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "entrepot.identity"
    label = "identity"
    verbose_name = "身份"
