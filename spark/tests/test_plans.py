"""Plans that do not scale are found, others are not."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from plans import problems_of

TOUCHES = "FileScan parquet spark_catalog.staging.stg_touchpoints[customer_id#1,at#2]"
ORDERS = "FileScan parquet spark_catalog.staging.stg_orders[customer_id#3,ordered_at#4]"
MONTHS = "FileScan parquet spark_catalog.intermediate.int_months[month#5]"
LARGE_TABLES = {"staging.stg_touchpoints", "staging.stg_orders"}

SORTED_IN_ONE = f"""== Physical Plan ==
Window [row_number() windowspecdefinition(at#2 ASC)]
+- *(1) Sort [at#2 ASC], false, 0
   +- Exchange SinglePartition, ENSURE_REQUIREMENTS, [plan_id=9]
      +- *(2) Project [at#2]
         +- {TOUCHES}
"""
PAIRED = f"""== Physical Plan ==
CartesianProduct (at#2 > ordered_at#4)
:- {TOUCHES}
+- Project [ordered_at#4]
   +- {ORDERS}
"""
COLLECTED = f"""== Physical Plan ==
BroadcastNestedLoopJoin BuildRight, LeftOuter, (month#5 < at#2)
:- {MONTHS}
+- BroadcastExchange IdentityBroadcastMode, [plan_id=9]
   +- Filter isnotnull(at#2)
      +- {TOUCHES}
"""
BY_KEY = f"""== Physical Plan ==
Window [row_number() windowspecdefinition(customer_id#1, at#2 ASC)]
+- Sort [customer_id#1 ASC, at#2 ASC], false, 0
   +- Exchange hashpartitioning(customer_id#1, 1)
      +- {TOUCHES}
"""
TOTAL = f"""== Physical Plan ==
HashAggregate(keys=[], functions=[count(1)])
+- Exchange SinglePartition, ENSURE_REQUIREMENTS, [plan_id=9]
   +- HashAggregate(keys=[], functions=[partial_count(1)])
      +- {TOUCHES}
"""
BY_CUSTOMER = "HashAggregate(keys=[customer_id#1], functions=[max(at#2)])"
BY_MONTH = "HashAggregate(keys=[month#5], functions=[max(at#2)])"


@pytest.mark.parametrize(
    ("plan", "problems"),
    [
        (SORTED_IN_ONE, ["large rows sorted in one partition"]),
        (PAIRED, ["large rows paired with large rows"]),
        (COLLECTED, ["large rows collected on the driver"]),
        (BY_KEY, []),
        (TOTAL, []),
        # Groups by customer are as many as customers, groups by month are few.
        (
            SORTED_IN_ONE.replace("*(2) Project [at#2]", BY_CUSTOMER),
            ["large rows sorted in one partition"],
        ),
        (SORTED_IN_ONE.replace("*(2) Project [at#2]", BY_MONTH), []),
        # The months of a small table may be paired with anything, and collected.
        (PAIRED.replace(TOUCHES, MONTHS), []),
        (COLLECTED.replace(TOUCHES, MONTHS), []),
        # A join with large rows is large; one that only looks for partners is not.
        (
            SORTED_IN_ONE.replace(
                f"         +- {TOUCHES}",
                f"         +- SortMergeJoin [month#5], [month#6], Inner\n"
                f"            :- {MONTHS}\n            +- {TOUCHES}",
            ),
            ["large rows sorted in one partition"],
        ),
        (
            SORTED_IN_ONE.replace(
                f"         +- {TOUCHES}",
                f"         +- SortMergeJoin [month#5], [month#6], LeftSemi\n"
                f"            :- {MONTHS}\n            +- {TOUCHES}",
            ),
            [],
        ),
        # The one value of a subquery.
        (
            SORTED_IN_ONE.replace(
                f"         +- {TOUCHES}",
                f"         :  +- Subquery subquery#7, [id=#8]\n"
                f"         :     +- {TOUCHES}\n         +- {MONTHS}",
            ),
            [],
        ),
    ],
)
def test_problems_of(plan, problems):
    assert problems_of(plan, LARGE_TABLES) == problems
