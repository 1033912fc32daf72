"""`overround query`: ask the lake in SQL."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from overround.lake import open_lake, view_notes

# A terminal shows this much without scrolling for ever; csv and json print everything.
TABLE_ROWS_MAX = 200


@click.command(
    epilog="Example: overround query \"FROM price_history('match-1', '1x2/home')\" --format csv"
)
@click.argument("sql", required=False)
@click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("lake"),
    show_default=True,
    help="The directory that `overround sink` writes.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="json is one object a line.",
)
@click.option("--list", "is_list", is_flag=True, help="List the views, a line each.")
def query(sql: str | None, lake: Path, form: str, is_list: bool) -> None:
    """Ask the lake in SQL (DuckDB), over one view a record type and a few reports.

    Without SQL use --list: it tells what there is to ask for, `FROM turnover_by_market` say.
    """
    opened = _opened(lake)
    if is_list:
        for view, note in view_notes(opened):
            click.echo(f"{view:<24}{note}")
        return
    if sql is None:
        raise click.UsageError("Give a query in SQL, or --list to see the views.")
    try:
        found = opened.execute(sql)
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    except duckdb.Error as reason:
        views = ", ".join(view for view, _ in view_notes(opened))
        raise click.ClickException(f"{reason}\n\nThe lake has these views: {views}") from reason
    _PRINTERS[form](names, rows)


def _opened(lake: Path) -> duckdb.DuckDBPyConnection:
    try:
        return open_lake(lake)
    except FileNotFoundError as reason:
        raise click.ClickException(str(reason)) from reason


def _print_table(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    table = Table(header_style="bold")
    for number, name in enumerate(names):
        is_number = bool(rows) and isinstance(rows[0][number], int | float)
        # Folded and never cut: half of an amount reads like another amount.
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows[:TABLE_ROWS_MAX]:
        table.add_row(*(escape(_cell(cell)) for cell in row))
    console = Console()
    console.print(table)
    if len(rows) > TABLE_ROWS_MAX:
        console.print(f"{TABLE_ROWS_MAX} of {len(rows)} rows; --format csv prints all")


def _cell(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _print_csv(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(names)
    out.writerows(rows)


def _print_json(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    for row in rows:
        click.echo(json.dumps(dict(zip(names, row, strict=True)), default=str))


_PRINTERS = {"table": _print_table, "csv": _print_csv, "json": _print_json}
