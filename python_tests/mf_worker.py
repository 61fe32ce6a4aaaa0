"""Answers metric queries with the engine behind `mf query`, in full precision.

Runs in the folder of a parsed project, which takes seconds to load. Lists of queries
come as JSON lines on standard input, each query the arguments of
`MetricFlowQueryRequest.create`. The answer to each list is one JSON line on the file
descriptor named by the first argument: for each query a list of rows, each a dict.
Nobody else is kept from the warehouse between two lists.
"""

import json
import os
import sys
from decimal import Decimal

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import cleanup_connections
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def plain(value):
    """A value as JSON knows it; moments as ISO 8601 text."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def rows(engine, query):
    """Rows that answer a query."""
    table = engine.query(MetricFlowQueryRequest.create(**query)).result_df
    return [
        dict(zip(table.column_names, map(plain, row), strict=True))
        for row in table.rows
    ]


def main():
    """Load the project, then answer every list."""
    answers = os.fdopen(int(sys.argv[1]), "w")
    configuration = CLIConfiguration()
    configuration.setup()
    for line in sys.stdin:
        found = [rows(configuration.mf, query) for query in json.loads(line)]
        cleanup_connections()
        DuckDBConnectionManager.close_all_connections()
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
