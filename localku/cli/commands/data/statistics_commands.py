"""`localku pg:table-size` and its kin: what the server of a database can tell about it."""

from __future__ import annotations

import click

from localku.cli.commands.data.database_option import context_and_running, database_argument
from localku.cli.options import app_option
from localku.cli.terminal import write


def _plain(query: str, text: str) -> click.Command:
    """A command that takes nothing but a database."""

    def command(database: str | None, name: str | None) -> None:
        from localku.platform.databases import statistics

        context, found = context_and_running(name, database)
        write(statistics.plain(context, found, query))

    command.__doc__ = text
    return click.command()(database_argument(app_option(command)))


pg_bloat = _plain("bloat", "Show an estimate of the space that dead rows take up in tables and indexes.")
pg_blocking = _plain("blocking", "Show the queries that wait for others, and for which.")
pg_cache_hit = _plain("cache-hit", "Show how much of what was read was in memory already.")
pg_extensions = _plain("extensions", "List the extensions that may be created, and those that are.")
pg_index_size = _plain("index-size", "Show the size of each index, the largest first.")
pg_index_usage = _plain("index-usage", "Show for each table how often an index was used to read it.")
pg_long_running_queries = _plain("long-running-queries", "Show the queries that have run for more than five minutes.")
pg_mandelbrot = _plain("mandelbrot", "Show the Mandelbrot set, computed by the database.")
pg_records_rank = _plain("records-rank", "Show the estimated number of rows of each table, the most first.")
pg_seq_scans = _plain("seq-scans", "Show how often each table was read from beginning to end.")
pg_table_indexes_size = _plain("table-indexes-size", "Show the size of all indexes of each table.")
pg_table_size = _plain("table-size", "Show the size of each table without its indexes, the largest first.")
pg_total_index_size = _plain("total-index-size", "Show the size of all indexes together.")
pg_total_table_size = _plain("total-table-size", "Show the size of each table with its indexes, the largest first.")
pg_unused_indexes = _plain("unused-indexes", "Show the indexes that are hardly used, the largest first.")
pg_user_connections = _plain("user-connections", "Show how many connections each credential has.")
pg_vacuum_stats = _plain("vacuum-stats", "Show dead rows, and when each table was last vacuumed.")


@click.command()
@database_argument
@app_option
@click.option("-v", "--verbose", is_flag=True, help="Show idle connections too.")
def pg_ps(database: str | None, name: str | None, *, verbose: bool) -> None:
    """Show the queries that run."""
    from localku.platform.databases import statistics

    context, found = context_and_running(name, database)
    write(statistics.ps(context, found, verbose=verbose))


truncate_option = click.option("-t", "--truncate", is_flag=True, help="Cut queries to 40 characters.")


@click.command()
@database_argument
@app_option
@truncate_option
def pg_locks(database: str | None, name: str | None, *, truncate: bool) -> None:
    """Show the queries that hold or want an exclusive lock."""
    from localku.platform.databases import statistics

    context, found = context_and_running(name, database)
    write(statistics.locks(context, found, truncate=truncate))


@click.command()
@database_argument
@app_option
@click.option("-n", "--num", type=click.IntRange(min=1), default=10, show_default=True, help="How many to show.")
@click.option("--reset", is_flag=True, help="Show none, and count anew from now on.")
@truncate_option
def pg_outliers(database: str | None, name: str | None, num: int, *, reset: bool, truncate: bool) -> None:
    """Show the statements that took the most time altogether."""
    from localku.platform.databases import statistics

    context, found = context_and_running(name, database)
    if reset:
        statistics.reset_statements(context, found)
        return
    write(statistics.outliers(context, found, number=num, truncate=truncate))


@click.command()
@database_argument
@app_option
@truncate_option
def pg_calls(database: str | None, name: str | None, *, truncate: bool) -> None:
    """Show the ten statements that were called most often."""
    from localku.platform.databases import statistics

    context, found = context_and_running(name, database)
    write(statistics.calls(context, found, truncate=truncate))


@click.command()
@click.argument("pid", type=click.IntRange(min=1))
@database_argument
@app_option
@click.option("-f", "--force", is_flag=True, help="End the connection, not just its query.")
def pg_kill(pid: int, database: str | None, name: str | None, *, force: bool) -> None:
    """Cancel the query of a connection; `pg:ps` shows its PID."""
    from localku.platform.databases import statistics

    context, found = context_and_running(name, database)
    write(statistics.cancel(context, found, pid, force=force))
