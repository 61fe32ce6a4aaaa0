"""Do Spark's plans of the SQL models scale?

    python spark/plans.py sc://localhost:15002 target

Plans every SQL model that dbt compiled into the folder, for 1, 2 and 4 partitions and
as if every table were large (no broadcast joins), and fails where a plan
    pairs large rows with large rows (a cartesian or nested-loop join),
    brings large rows into one partition to sort or number them there,
    or collects large rows on the driver (a broadcast).
Large are the rows of a table that has a column of LARGE, what is joined with them, and
what is grouped by such a column; other groups are few.
"""

import json
import pathlib
import re
import sys

LARGE = {"touchpoint_id", "conversion_id", "order_id", "customer_id"}
PARTITIONS = (1, 2, 4)
ONE_SIDED = re.compile(r"\b(LeftSemi|LeftAnti|ExistenceJoin)\b")
PAIRS = ("CartesianProduct", "BroadcastNestedLoopJoin")


class Node:
    """One step of a plan: its text and the steps below."""

    def __init__(self, text):
        """Nothing is below yet."""
        self.text = text
        self.below = []

    @property
    def name(self):
        """First word of the text."""
        return self.text.split(" ")[0]


def tree(plan):
    """The root of a plan in text."""
    root = Node("")
    open_nodes = [(-1, root)]
    for line in plan.splitlines():
        match = re.match(r"^([\s:|+-]*)(?:\*\(\d+\) )?(\S.*)$", line)
        if not match or line.startswith("=="):
            continue
        depth, node = len(match[1]), Node(match[2])
        while open_nodes[-1][0] >= depth:
            open_nodes.pop()
        open_nodes[-1][1].below.append(node)
        open_nodes.append((depth, node))
    return root


def names_in(text):
    """Names of columns such as customer_id#12 in a text."""
    return set(re.findall(r"\b(\w+)#\d+", text))


def is_large(node, large_tables):
    """Does a step give rows that grow with customers, orders or touches?"""
    text = node.text
    if node.name in ("Subquery", "ReusedSubquery", "LocalTableScan", "Range"):
        return False
    if "Scan" in node.name:
        return any(f".{table}[" in text for table in large_tables)
    if node.name == "ReusedExchange":
        return bool(names_in(text) & LARGE)
    if "Aggregate" in node.name:
        keys = re.search(r"\(keys?=\[(.*?)\], functions?=", text)
        if keys is None or not names_in(keys[1]) & LARGE:
            return False
    below = [child for child in node.below if "Subquery" not in child.name]
    if ONE_SIDED.search(text):
        below = below[:1]
    return any(is_large(child, large_tables) for child in below)


def problems_of(plan, large_tables):
    """What does not scale in a plan, in words.

    Arguments:
        plan: text of EXPLAIN.
        large_tables: names like staging.stg_touchpoints.
    """
    found = set()

    def look_at(node, above):
        sides = [child for child in node.below if "Subquery" not in child.name]
        if node.name in PAIRS and all(is_large(side, large_tables) for side in sides):
            found.add("large rows paired with large rows")
        if node.name == "BroadcastExchange" and is_large(node, large_tables):
            found.add("large rows collected on the driver")
        if (
            node.text.startswith("Exchange SinglePartition")
            and above.name in ("Sort", "Window", "WindowGroupLimit")
            and is_large(node, large_tables)
        ):
            found.add("large rows sorted in one partition")
        for child in node.below:
            look_at(child, node)

    root = tree(plan)
    look_at(root, root)
    return sorted(found)


def tables_with_large_rows(spark, nodes):
    """Names of tables, raw ones too, that have a column of LARGE."""
    names = [f"{node['schema']}.{node.get('alias') or node['name']}" for node in nodes]
    for row in spark.sql("show tables in raw").collect():
        if not row.isTemporary:
            names.append(f"raw.{row.tableName}")
    found = set()
    for name in names:
        if spark.catalog.tableExists(name) and set(spark.table(name).columns) & LARGE:
            found.add(name)
    return found


def main():
    """Plan every model, say what does not scale."""
    from pyspark.sql import SparkSession

    remote, target = sys.argv[1:3]
    partitions = [int(number) for number in sys.argv[3:]] or PARTITIONS
    spark = SparkSession.builder.remote(remote).getOrCreate()
    for name, value in {
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.analyzer.maxIterations": "1000",
        "spark.sql.optimizer.maxIterations": "1000",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        "spark.sql.maxPlanStringLength": str(2**30),
        "spark.sql.debug.maxToStringFields": "1000",
    }.items():
        spark.conf.set(name, value)
    manifest = json.loads((pathlib.Path(target) / "manifest.json").read_text())
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    ]
    large_tables = tables_with_large_rows(spark, nodes)
    failed = planned = 0
    for number in partitions:
        spark.conf.set("spark.sql.shuffle.partitions", str(number))
        for node in nodes:
            path = node.get("compiled_path")
            if node.get("language") != "sql" or not path:
                continue
            sql = pathlib.Path(path).read_text()
            plan = spark.sql(f"explain {sql}").collect()[0][0]
            planned += 1
            for problem in problems_of(plan, large_tables):
                failed += 1
                print(f"{node['name']}, {number} partitions: {problem}", flush=True)
    print(
        f"{planned} plans, {failed} that do not scale;"
        f" {len(large_tables)} tables have large rows"
    )
    sys.exit(bool(failed) or not planned or not large_tables)


if __name__ == "__main__":
    main()
