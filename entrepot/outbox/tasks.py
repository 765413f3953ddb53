from entrepot.kit.clock import now
from entrepot.outbox import services


@services.every("29 * * * *")
def forget() -> None:
    services.forget(now=now())
