"""The adapter: dbt-spark's, with Python models on the session."""

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
