from entrepot.kit.clock import now
from entrepot.outbox.services import every
from entrepot.repeats import services


@every("17 * * * *")
def purge() -> None:
    while services.purge(now=now()) >= services.purge_max:
        pass
