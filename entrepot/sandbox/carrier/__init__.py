"""The carrier of the sandbox. See carrier.py for what it offers, route.py for the way parcels take."""

from entrepot.sandbox.carrier.carrier import Carrier
from entrepot.sandbox.party import Party, World


def build(world: World) -> Party:
    return Carrier(world)
