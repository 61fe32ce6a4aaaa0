"""dbt-duckdb plugin: what raw_files finds out, as an SQL function."""

from dbt.adapters.duckdb.plugins import BasePlugin
from raw_files import inspect_raw_files


class Plugin(BasePlugin):
    """Registers `inspect_raw_files` on dbt's DuckDB connection."""

    def configure_connection(self, conn):
        """Add the function; it reads files, so its answer is never reused."""
        conn.create_function(
            "inspect_raw_files",
            inspect_raw_files,
            ["VARCHAR", "VARCHAR"],
            "VARCHAR",
            side_effects=True,
        )
