"""Questions to procurement: ids in, types out."""

from entrepot.procurement.landing.selectors import (
    PAGE,
    landing,
    landing_lines,
    landing_of,
    landing_work,
    landings,
    shares_of_run,
)
from entrepot.procurement.selectors.bought import bought
from entrepot.procurement.selectors.orders import (
    awaited_lines,
    counts,
    discrepancies,
    exported,
    open_lines,
    order,
    orders,
    waiting,
)
from entrepot.procurement.selectors.owing import WEEKS as DUE_WEEKS
from entrepot.procurement.selectors.owing import due_sums, dues, dues_near, dues_of, exported_dues, overpaid
from entrepot.procurement.selectors.papers import as_pdf, as_rows, as_ubl
from entrepot.procurement.selectors.parties import PAGE as PARTIES_PAGE
from entrepot.procurement.selectors.parties import (
    authorisations,
    contract,
    contracts,
    owners,
    paper,
    scorecards,
    standings,
    suppliers,
)
from entrepot.procurement.selectors.programmes import ordered_minor, programme, programmes, progress
from entrepot.procurement.selectors.sheets import quote_sheet
from entrepot.procurement.selectors.sourcing import contract_articles, deliveries, outstanding, supplies

__all__ = [
    "DUE_WEEKS",
    "PAGE",
    "PARTIES_PAGE",
    "as_pdf",
    "as_rows",
    "as_ubl",
    "authorisations",
    "awaited_lines",
    "bought",
    "contract",
    "contract_articles",
    "contracts",
    "counts",
    "deliveries",
    "discrepancies",
    "due_sums",
    "dues",
    "dues_near",
    "dues_of",
    "exported",
    "exported_dues",
    "landing",
    "landing_lines",
    "landing_of",
    "landing_work",
    "landings",
    "open_lines",
    "order",
    "ordered_minor",
    "orders",
    "outstanding",
    "overpaid",
    "owners",
    "paper",
    "programme",
    "programmes",
    "progress",
    "quote_sheet",
    "scorecards",
    "shares_of_run",
    "standings",
    "suppliers",
    "supplies",
    "waiting",
]
