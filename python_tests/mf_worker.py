"""Answers metric queries with the engine behind `mf query`, in full precision.

Standard input holds a list of queries as JSON, each the arguments of
`MetricFlowQueryRequest.create`. Written to the file named by the first argument: for
each query a list of rows, each a dict. Run in the folder of a parsed project.
"""

import json
import sys
from decimal import Decimal

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def plain(value):
    """A value as JSON knows it; moments as ISO 8601 text."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def main():
    """Run every query."""
    configuration = CLIConfiguration()
    configuration.setup()
    answers = []
    for query in json.load(sys.stdin):
        request = MetricFlowQueryRequest.create(**query)
        table = configuration.mf.query(request).result_df
        answers.append(
            [
                dict(zip(table.column_names, map(plain, row), strict=True))
                for row in table.rows
            ]
        )
    with open(sys.argv[1], "w") as handle:
        json.dump(answers, handle)


if __name__ == "__main__":
    main()
