from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "entrepot.outbox"
    label = "outbox"
    verbose_name = "事件与任务"
