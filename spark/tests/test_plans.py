"""Plans that do not scale are found, others are not."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from plans import problems_of

SORTED_IN_ONE = """== Physical Plan ==
Window [row_number() windowspecdefinition(touched_at ASC)]
+- *(1) Sort [touched_at ASC], false, 0
   +- Exchange SinglePartition, ENSURE_REQUIREMENTS
      +- *(2) Project [touched_at]
         +- FileScan parquet staging.stg_touchpoints
"""
CARTESIAN = """== Physical Plan ==
CartesianProduct (a > b)
:- FileScan parquet staging.stg_touchpoints
+- Project [b]
   +- FileScan parquet staging.stg_orders
"""
WITH_ONE_ROW = """== Physical Plan ==
CartesianProduct
:- FileScan parquet staging.stg_touchpoints
+- HashAggregate(keys=[], functions=[max(x)])
   +- Exchange SinglePartition
      +- FileScan parquet staging.stg_orders
"""
BY_KEY = """== Physical Plan ==
Window [row_number() windowspecdefinition(customer_id, touched_at ASC)]
+- Sort [customer_id ASC, touched_at ASC], false, 0
   +- Exchange hashpartitioning(customer_id, 200)
      +- FileScan parquet staging.stg_touchpoints
"""


@pytest.mark.parametrize(
    ("plan", "problems"),
    [
        (SORTED_IN_ONE, ["unaggregated rows sorted in one partition"]),
        (CARTESIAN, ["cartesian join of unaggregated rows"]),
        (WITH_ONE_ROW, []),
        (BY_KEY, []),
        (
            SORTED_IN_ONE.replace("*(2) Project", "HashAggregate(keys=[a])"),
            [],
        ),
    ],
)
def test_problems_of(plan, problems):
    assert problems_of(plan) == problems
