"""Tables of procurement: small and read-mostly, reference tables on a cluster."""

from entrepot.procurement.landing.models import Landing, LandingInvoice, LandingLine, LandingRun, RunCharge
from entrepot.procurement.models.buying import Event, Line, Order, Payment, Receipt, Version
from entrepot.procurement.models.owing import Due, Shipment, SupplierInvoice
from entrepot.procurement.models.parties import (
    Authorisation,
    BrandOwner,
    Contract,
    ContractArticle,
    GuardedBrand,
    Notice,
    OwnedBrand,
    Paper,
    Supplier,
    Tier,
)
from entrepot.procurement.models.programmes import Programme

__all__ = [
    "Authorisation",
    "BrandOwner",
    "Contract",
    "ContractArticle",
    "Due",
    "Event",
    "GuardedBrand",
    "Landing",
    "LandingInvoice",
    "LandingLine",
    "LandingRun",
    "Line",
    "Notice",
    "Order",
    "OwnedBrand",
    "Paper",
    "Payment",
    "Programme",
    "Receipt",
    "RunCharge",
    "Shipment",
    "Supplier",
    "SupplierInvoice",
    "Tier",
    "Version",
]
