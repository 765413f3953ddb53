"""Settings of the processes: how many of each, and how much each takes upon itself."""

from __future__ import annotations

import os

from entrepot.server.given import number

# Processes. Two of a kind suit a laptop: one computes while the other waits for the database. A server: one per core.
_TWO = min(2, len(os.sched_getaffinity(0)))
WEB_WORKERS = number("ENTREPOT_WEB_WORKERS", _TWO, least=1)
INTAKE_PORT = number("ENTREPOT_INTAKE_PORT", 0)  # 0: the web process alone places orders
INTAKE_WORKERS = number("ENTREPOT_INTAKE_WORKERS", _TWO, least=1)
CONNECTIONS_WAITING = 4_096  # to be taken; the system may allow fewer (net.core.somaxconn)
# A connection counts also while it rests: 512 browsers that stay would keep out the next one where 512 are taken.
INTAKE_CONNECTIONS = 8_192  # of each process
WEB_THREADS = number("ENTREPOT_WEB_THREADS", 8, least=1)  # requests of a process that are worked on at once
WEB_WAITING = number("ENTREPOT_WEB_WAITING", 248)  # that wait meanwhile; others are told to come again
WEB_CONNECTIONS = number("ENTREPOT_WEB_CONNECTIONS", 8_192, least=1)
WORKER_CONCURRENCY = number("ENTREPOT_WORKER_CONCURRENCY", 4, least=1)
WORKER_NICE = number("ENTREPOT_WORKER_NICE", 10, least=-20)  # 0 where it has cores of its own
# How long a visitor's statement may take, and a transaction stand still; 0: as long as it likes. Web and intake only.
STATEMENT_TIMEOUT_S = number("ENTREPOT_STATEMENT_TIMEOUT_S", 60)
IDLE_TRANSACTION_TIMEOUT_S = number("ENTREPOT_IDLE_TRANSACTION_TIMEOUT_S", 60)
# A database that neither answers nor refuses is given up. Of the connection, not of its session, so a pooler takes it;
# the address may say otherwise. Keepalives find a server that has gone while we wait, the last one while we send.
DATABASE_PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # ms
}
