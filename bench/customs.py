"""How fast customs' messages are made and read on one core, by the clock and by its CPU, without database and network.

A message carries 100 lists of two lines each. What is timed of making: from the facts of each parcel to bytes that can
leave (its four documents composed, the list written, signed, held against the schema). Of reading: from the bytes of a
message to what each return says, signature and schema checked. Exits with 1 where an aim is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import django
from msgspec import structs

from bench import browse

BEFORE = dict(os.environ)
os.environ.update(browse._environment("postgresql:///never_asked", 0))
django.setup()

from lxml import etree  # noqa: E402

from entrepot.customs.ceb import message, signing  # noqa: E402
from entrepot.customs.rules import papers  # noqa: E402
from entrepot.customs.tests.paper_makers import NOW, PARTIES, TRANSFER, facts, identity, sm2_identity  # noqa: E402
from entrepot.customs.types import DocumentKind  # noqa: E402
from entrepot.kit.ids import new_id  # noqa: E402

seconds = 3.0
DOCUMENTS, SMALL = 100, 10
LIST = DocumentKind.LIST


def rate(work: Callable[[], object], units: int) -> tuple[float, float]:
    """Units in a second by the clock, and in a second of CPU, where what others do on the machine does not count."""
    work()
    done, began, cpu = 0, time.perf_counter(), time.process_time()
    while (took := time.perf_counter() - began) < seconds:
        work()
        done += units
    return done / took, done / (time.process_time() - cpu)


def parcels(count: int) -> list[papers.Facts]:
    made = []
    for n in range(count):
        one = facts(lines=2)
        number = f"KL26112101234{n:05}-1"
        parcel, share = structs.replace(one.parcel, number=number), replace(one.split, number=number)
        made.append(replace(one, parcel=parcel, split=share))
    return made


def listed(of: Sequence[papers.Facts], who: signing.Identity) -> bytes:
    """The bytes of one message with a list of every parcel."""
    bodies = []
    for one in of:
        paper = papers.compose(one, PARTIES, NOW)[LIST]
        head = {**paper.head, "copNo": papers.cop_no(one.parcel.number, new_id())}
        whole = papers.headed(papers.Paper(head, paper.lines), id_=new_id(), app_type="1", now=NOW)
        bodies.append(message.Body(whole.head, whole.lines))
    content = message.write(LIST, id_=new_id(), bodies=bodies, transfer=TRANSFER)
    return message.to_bytes(message.checked(signing.sealed(content, who)))


def receipts(count: int, who: signing.Identity) -> bytes:
    """One message with a receipt for each of so many lists, as a port writes it."""
    returns = "".join(
        f"<InventoryReturn><guid>{str(new_id()).upper()}</guid><customsCode>3105</customsCode><ebpCode>3301960SBP</ebpCode>"
        f"<ebcCode>3301960SBM</ebcCode><agentCode>3301980SBA</agentCode><copNo>KL26112101234{n:05}</copNo>"
        f"<preNo>B202611213105{n:05}</preNo><invtNo>31052026I{n:09}</invtNo><returnStatus>800</returnStatus>"
        f"<returnTime>{NOW + timedelta(seconds=n):%Y%m%d%H%M%S}000</returnTime>"
        "<returnInfo>[Code:2600;Desc:放行]</returnInfo></InventoryReturn>"
        for n in range(count)
    )
    text = (
        '<CEB622Message xmlns="http://www.chinaport.gov.cn/ceb" guid="4F2011FC-4ED0-478C-B190-22E76EF8B78A"'
        f' version="1.0">{returns}</CEB622Message>'
    )
    content = etree.tostring(etree.fromstring(text), method="c14n")
    return message.to_bytes(signing.sealed(content, who))


def read(body: bytes, certificate: Any) -> list[message.Body]:
    root = message.parse(body)
    _, returns = message.read_answer(root)
    signing.verify(root, certificate)
    return returns


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.customs", description=__doc__.partition("\n")[0])
    parser.add_argument("--backlog", type=int, metavar="N", help="parcels that nobody declared: bench.backlog")
    parser.add_argument("--queue", type=int, metavar="N", help="declarations before the customs desk: bench.queue")
    parser.add_argument("--explain", action="store_true", help="print the plan of every statement of the desk")
    parser.add_argument("--again", action="store_true", help="of an earlier run, without making it anew")
    parser.add_argument(
        "--of", type=int, metavar="N", default=0, help="parcels that wait, where only some are declared"
    )
    asked = parser.parse_args(arguments)
    if asked.queue or asked.backlog:  # each with a database and settings of its own
        part = ["bench.queue", str(asked.queue)] if asked.queue else ["bench.backlog", str(asked.backlog)]
        how = [word for word in ("explain", "again") if getattr(asked, word)] + [str(asked.of)] * bool(asked.of)
        return subprocess.run([sys.executable, "-m", *part, *how], env=BEFORE, check=False).returncode
    return messages()


def messages() -> int:
    rsa, sm2 = identity(), sm2_identity()
    hundred = parcels(DOCUMENTS)
    found = [
        ("lists made, signed with RSA", rate(lambda: listed(hundred, rsa), DOCUMENTS), 1_500),
        ("lists made, signed with SM2", rate(lambda: listed(hundred, sm2), DOCUMENTS), 300),
        ("lists made alone, signed with RSA", rate(lambda: listed(hundred[:1], rsa), 1), None),
        ("lists made alone, signed with SM2", rate(lambda: listed(hundred[:1], sm2), 1), 300),
    ]
    for name, who in (("RSA", rsa), ("SM2", sm2)):
        for count, aim in ((1, None), (SMALL, 2_000), (DOCUMENTS, 2_000)):
            body = receipts(count, who)
            speed = rate(lambda body=body, who=who, count=count: read(body, who.certificate), count)  # type: ignore[misc]
            found.append((f"receipts read, {count} in a message signed with {name}", speed, aim))
    missed = 0
    for what, (speed, of_cpu), aim in found:
        missed += aim is not None and speed < aim
        told = "" if aim is None else f" (aim {aim:,})"
        print(f"{what}: {speed:,.0f} a second by the clock{told}, {of_cpu:,.0f} a second of CPU", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
