"""The flow from a basket to goods at the door: place, settle, expire, and what follows."""

from entrepot.checkout.quoting import NoSuchSku
from entrepot.checkout.rules.admission import Standing
from entrepot.checkout.services.agree import Asked, NothingToOrder, NotSellable, PriceChanged, agree
from entrepot.checkout.services.backlog import start_working_off, work_off
from entrepot.checkout.services.clearing import NotGeneral, clear_general
from entrepot.checkout.services.door import (
    NotAdmitted,
    Turn,
    check_passes,
    let_in,
    line_up,
    live_sale,
    look,
    read_pass,
    read_ticket,
)
from entrepot.checkout.services.expire import (
    CannotCallOff,
    CannotCancel,
    ReasonMissing,
    call_off,
    cancel,
    expire,
    expire_waiting,
    sweep,
)
from entrepot.checkout.services.fulfil import (
    declare,
    follow_customs,
    follow_parcel,
    hand_over,
    hand_over_pass,
    hand_over_waiting,
    hear_customs,
    take_back,
)
from entrepot.checkout.services.intake import BATCH_MAX, WAITING_BATCHES_MAX, Busy, Intake
from entrepot.checkout.services.limit_letters import tell_buyer
from entrepot.checkout.services.limits import (
    AlreadyChosen,
    CaseOver,
    NoCase,
    WayClosed,
    choose,
    come_due,
    fill,
    sweep_limits,
)
from entrepot.checkout.services.pay import open_payment
from entrepot.checkout.services.place import (
    KeyInvalid,
    KeyReused,
    NoticeNotAccepted,
    begin_many,
    checked,
    place,
    place_many,
)
from entrepot.checkout.services.settle import settle
from entrepot.checkout.services.write import Agreed, Answer, CannotPlace, OutOfStock, OverLimit, SoldOutAtPrice

__all__ = [
    "BATCH_MAX",
    "WAITING_BATCHES_MAX",
    "Agreed",
    "AlreadyChosen",
    "Answer",
    "Asked",
    "Busy",
    "CannotCallOff",
    "CannotCancel",
    "CannotPlace",
    "CaseOver",
    "Intake",
    "KeyInvalid",
    "KeyReused",
    "NoCase",
    "NoSuchSku",
    "NotAdmitted",
    "NotGeneral",
    "NotSellable",
    "NothingToOrder",
    "NoticeNotAccepted",
    "OutOfStock",
    "OverLimit",
    "PriceChanged",
    "ReasonMissing",
    "SoldOutAtPrice",
    "Standing",
    "Turn",
    "WayClosed",
    "agree",
    "begin_many",
    "call_off",
    "cancel",
    "check_passes",
    "checked",
    "choose",
    "clear_general",
    "come_due",
    "declare",
    "expire",
    "expire_waiting",
    "fill",
    "follow_customs",
    "follow_parcel",
    "hand_over",
    "hand_over_pass",
    "hand_over_waiting",
    "hear_customs",
    "let_in",
    "line_up",
    "live_sale",
    "look",
    "open_payment",
    "place",
    "place_many",
    "read_pass",
    "read_ticket",
    "settle",
    "start_working_off",
    "sweep",
    "sweep_limits",
    "take_back",
    "tell_buyer",
    "work_off",
]
