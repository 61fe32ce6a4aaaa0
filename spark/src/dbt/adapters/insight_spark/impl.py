"""The adapter: dbt-spark's, with Python models on the session."""

import threading

from dbt.adapters.__about__ import version as base_version
from dbt.adapters.base.impl import AdapterTrackingRelationInfo
from dbt.adapters.base.meta import available
from dbt.adapters.insight_spark.__version__ import version
from dbt.adapters.insight_spark.connections import InsightSparkConnectionManager
from dbt.adapters.insight_spark.python_models import SessionPythonJobHelper
from dbt.adapters.spark import SparkAdapter


class InsightSparkAdapter(SparkAdapter):
    """Spark SQL by dbt-spark; Python models by SessionPythonJobHelper."""

    ConnectionManager = InsightSparkConnectionManager
    _seen = threading.local()

    @available.parse(lambda *arguments, **settings: [])
    def get_column_schema_from_query(self, sql):
        """Names and types of a query's columns.

        A contract asks twice in a row for those of one query, and a long query takes
        a second to analyse: the last answer in a thread is remembered.
        """
        last = getattr(self._seen, "last", None)
        if last is None or last[0] != sql:
            last = (sql, super().get_column_schema_from_query(sql))
            self._seen.last = last
        return last[1]

    @property
    def default_python_submission_method(self):
        """Python models run on the session."""
        return "session"

    @property
    def python_submission_helpers(self):
        """How Python models can be run."""
        return {"session": SessionPythonJobHelper}

    @available
    def call_python(self, module, function, *arguments):
        """Call a function of a module in the profile's module_paths.

        For macros that need facts of files, which Spark's SQL cannot tell.
        """
        from dbt.adapters.insight_spark.python_models import module_of

        credentials = self.config.credentials
        return getattr(module_of(module, credentials), function)(*arguments)

    @classmethod
    def get_adapter_run_info(cls, config):
        """What dbt records of a run: dbt derives our module from a class name."""
        return AdapterTrackingRelationInfo(
            adapter_name="insight_spark",
            base_adapter_version=base_version,
            adapter_version=version,
            model_adapter_details=cls._get_adapter_specific_run_info(config),
        )
