"""The payment provider of the sandbox. See provider.py for what it offers, cashier.py for the page buyers see."""

from entrepot.sandbox.party import Party, World
from entrepot.sandbox.pay.provider import Provider


def build(world: World) -> Party:
    return Provider(world)
