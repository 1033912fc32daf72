"""The in-process engine: the same agents over a log in memory."""

from overround.runtime.in_process.engine import (
    CrashPoint,
    InProcess,
    SimulatedCrash,
    at_random,
    hash_tables,
    never,
)
from overround.runtime.in_process.log import Log, LogRecord, partition_of
from overround.runtime.in_process.recorded import RecordedRun

__all__ = [
    "CrashPoint",
    "InProcess",
    "Log",
    "LogRecord",
    "RecordedRun",
    "SimulatedCrash",
    "at_random",
    "hash_tables",
    "never",
    "partition_of",
]
