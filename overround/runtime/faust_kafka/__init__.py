"""Faust on Kafka, exactly once.

Point a Faust app's broker at `exactly-once://host:9092?instance=0` and write its agents with
`attach`: source offsets, table changelogs and outputs then commit in one Kafka transaction,
fenced by the consumer group's generation (KIP-447).

    app = faust.App("counts", broker="exactly-once://127.0.0.1:9092?instance=0", **APP_SETTINGS)
    attach(app, COUNTS, wire)
    app.main()
"""

from overround.runtime.faust_kafka.carrier import APP_SETTINGS, attach
from overround.runtime.faust_kafka.recovery import RestoreStuck
from overround.runtime.faust_kafka.settings import Settings
from overround.runtime.faust_kafka.transaction import EXIT_STOPPED_BY_FAILURE, Epoch, Transaction
from overround.runtime.faust_kafka.transport import Transport

__all__ = [
    "APP_SETTINGS",
    "EXIT_STOPPED_BY_FAILURE",
    "Epoch",
    "RestoreStuck",
    "Settings",
    "Transaction",
    "Transport",
    "attach",
]
