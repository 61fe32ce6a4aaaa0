"""dbt adapter: Spark SQL and Python models on one session.

Builds on dbt-spark, whose SQL it uses as it stands.  What it adds: one session for
everything (Spark Connect or in this process), Python models run on that session, and
settings under which Spark does not change numbers silently.
"""

from dbt.adapters.base import AdapterPlugin
from dbt.adapters.insight_spark.connections import (
    InsightSparkConnectionManager,
    InsightSparkCredentials,
)
from dbt.adapters.insight_spark.impl import InsightSparkAdapter
from dbt.include import insight_spark

__all__ = ["InsightSparkConnectionManager", "Plugin"]

Plugin = AdapterPlugin(
    adapter=InsightSparkAdapter,
    credentials=InsightSparkCredentials,
    include_path=insight_spark.PACKAGE_PATH,
    dependencies=["spark"],
)
