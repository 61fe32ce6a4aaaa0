"""Do Spark's plans of the SQL models scale?

    python spark/plans.py sc://localhost:15002 target

Plans every SQL model that dbt compiled into the folder, as if every table were large
(no broadcast joins), and fails where a plan pairs every row with every row (a cartesian
join of which neither side is an aggregate), or sorts rows in one partition that no
aggregate has made few before.
"""

import json
import pathlib
import re
import sys

AGGREGATE = re.compile(r"Aggregate|Limit|LocalTableScan|OneRowRelation|Range")


def tree(plan):
    """Nodes of a plan in text: (depth, text) each, the root first."""
    nodes = []
    for line in plan.splitlines():
        match = re.match(r"^([\s:|+-]*)(?:\*\(\d+\) )?(\S.*)$", line)
        if match and not line.startswith("=="):
            nodes.append((len(match[1]), match[2]))
    return nodes


def below(nodes, place):
    """Nodes of the tree under the node at `place`, its two sides together."""
    found = []
    for depth, text in nodes[place + 1 :]:
        if depth <= nodes[place][0]:
            break
        found.append((depth, text))
    return found


def problems_of(plan):
    """What does not scale in a plan, in words."""
    nodes = tree(plan)
    found = []
    for place, (_, text) in enumerate(nodes):
        if text.startswith("CartesianProduct"):
            under = below(nodes, place)
            sides = [k for k, node in enumerate(under) if node[0] == under[0][0]]
            halves = [
                under[start:end]
                for start, end in zip(sides, [*sides[1:], None], strict=True)
            ]
            if not any(
                any(AGGREGATE.search(node) for _, node in half) for half in halves
            ):
                found.append("cartesian join of unaggregated rows")
        if text.startswith("Exchange SinglePartition"):
            under = [node for _, node in below(nodes, place)]
            above = nodes[place - 1][1] if place else ""
            if above.startswith(("Sort", "Window")) and not any(
                AGGREGATE.search(node) for node in under
            ):
                found.append("unaggregated rows sorted in one partition")
    return found


def main():
    """Plan every model, say what does not scale."""
    from pyspark.sql import SparkSession

    remote, target = sys.argv[1:3]
    spark = SparkSession.builder.remote(remote).getOrCreate()
    for name, value in {
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.autoBroadcastJoinThreshold": "-1",
    }.items():
        spark.conf.set(name, value)
    manifest = json.loads((pathlib.Path(target) / "manifest.json").read_text())
    failed = planned = 0
    for node in manifest["nodes"].values():
        path = node.get("compiled_path")
        if node["resource_type"] != "model" or node["language"] != "sql" or not path:
            continue
        sql = pathlib.Path(path).read_text()
        plan = spark.sql(f"explain {sql}").collect()[0][0]
        planned += 1
        for problem in sorted(set(problems_of(plan))):
            failed += 1
            print(f"{node['name']}: {problem}")
    print(f"{planned} plans, {failed} that do not scale")
    sys.exit(bool(failed) or not planned)


if __name__ == "__main__":
    main()
