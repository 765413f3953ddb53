"""The customs port of the sandbox. See port.py for what it offers, judge.py for what it checks."""

from entrepot.sandbox.customs.port import Port
from entrepot.sandbox.party import Party, World


def build(world: World) -> Party:
    return Port(world)
