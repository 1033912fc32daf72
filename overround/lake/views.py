"""Opens a lake: a DuckDB connection with a view for everything that public topics tell.

Two layers. The schema `source` has one view a record type: the sink's files as they lie, plus an
empty table of the newest contract's columns, so that a type that never happened, or an old file
without a newer column, fails no query. The `.sql` files build the named views on it.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from overround.contracts.derive import schema_of
from overround.contracts.topics import PUBLIC
from overround.sinks.batch import REJECTS
from overround.sinks.schema import RecordShape

# In this order: a report reads the views of the contexts before it.
_SQL = ("feeds", "quality", "markets", "accounts", "ledger", "bets", "reports")

_DATE = pa.field("date", pa.date32())


def open_lake(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection in memory with every view on the lake at `path`.

    A file that the sink adds later is seen by the next query, the first file of a record type by
    the next `open_lake`. Times are UTC.

    Raises:
        FileNotFoundError: there is no such directory.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"no lake at {path}: run `overround sink ... --lake {path}` first")
    lake = duckdb.connect()
    lake.execute("SET TimeZone = 'UTC'")
    lake.execute("CREATE SCHEMA source")
    for topic in PUBLIC:
        for record in topic.records:
            shape = RecordShape(schema_of(record))
            folder = path / topic.name / f"record={shape.record}"
            _add_source(lake, shape.record, pa.schema([*shape.columns, _DATE]), folder)
    _add_source(lake, "reject", REJECTS, path / "_rejects")
    for name in _SQL:
        lake.execute((files(__package__) / f"{name}.sql").read_text())
    return lake


def view_notes(lake: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Each view or table macro of the lake with the line that says what a row of it is."""
    return lake.execute(
        """
        SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal
        UNION ALL
        SELECT function_name || '(' || array_to_string(parameters, ', ') || ')', comment
        FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal
        ORDER BY 1
        """
    ).fetchall()


def _add_source(
    lake: duckdb.DuckDBPyConnection, name: str, columns: pa.Schema, folder: Path
) -> None:
    """One record type: its files, if it has any, and its columns in any case."""
    empty = columns.empty_table()
    lake.register("empty", empty)
    lake.execute(f'CREATE TABLE source."{name} columns" AS FROM empty')
    lake.unregister("empty")
    rows = f'SELECT * FROM source."{name} columns"'
    if next(folder.glob("**/*.parquet"), None) is not None:
        # A view takes no parameters; a quote is the one character that could end the string.
        glob = f"{folder}/**/*.parquet".replace("'", "''")
        rows = (
            f"SELECT * FROM read_parquet('{glob}', union_by_name = true, "
            f"hive_partitioning = {'date' in columns.names}) UNION ALL BY NAME {rows}"
        )
    lake.execute(f"CREATE VIEW source.{name} AS {rows}")
