"""Verbs of replenishment."""

from entrepot.replenishment.services.backtests import backtest
from entrepot.replenishment.services.nightly import contract_sources, propose_from_contracts, reckon_lead_times
from entrepot.replenishment.services.ordering import order
from entrepot.replenishment.services.own import reckon_sales
from entrepot.replenishment.services.proposals import decide, propose
from entrepot.replenishment.services.sales import import_sales
from entrepot.replenishment.services.shipments import become, import_shipments, look_at_shipments, try_again

__all__ = [
    "backtest",
    "become",
    "contract_sources",
    "decide",
    "import_sales",
    "import_shipments",
    "look_at_shipments",
    "order",
    "propose",
    "propose_from_contracts",
    "reckon_lead_times",
    "reckon_sales",
    "try_again",
]
