"""One Spark session a dbt process, shared by SQL and Python models."""

import os
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from dbt.adapters.contracts.connection import ConnectionState
from dbt.adapters.spark import SparkConnectionManager, SparkCredentials
from dbt.adapters.spark.session import Cursor, SessionConnectionWrapper
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError

# What makes Spark mean what the project's SQL means.  Not for settings to change.
SESSION_SETTINGS = {
    # A bad cast, an overflow or a division by zero is an error, not a NULL.
    "spark.sql.ansi.enabled": "true",
    # "name" is a column, as in standard SQL, not a text.
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    # Timestamps are UTC wherever the client or the cluster stands.
    "spark.sql.session.timeZone": "UTC",
    # Timestamps in files stand for what they say, without a zone.
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    # What a decimal's digits allow is an error beyond, never rounded away.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    # Readers other than Spark find timestamps where they expect them.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Written-out iterations, such as Newton's method in SQL, nest deeply.
    "spark.sql.analyzer.maxIterations": "1000",
    "spark.sql.optimizer.maxIterations": "1000",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}

_lock = threading.Lock()
_sessions: dict[tuple, Any] = {}


@dataclass
class InsightSparkCredentials(SparkCredentials):
    """Where the session is.

    remote: address of a Spark Connect server (sc://host:15002); empty: a session in
        this process, with `master`, or what spark-submit decides.
    master: master of a session in this process, local[*] without spark-submit.
    module_paths: folders, from which Python models may import.
    server_side_parameters: further Spark settings.
    """

    method: str = "session"
    host: str = "session"
    remote: str | None = None
    master: str | None = None
    module_paths: list[str] = field(default_factory=list)

    def __post_init__(self):
        """Keep dbt-spark's checks, then put the settings it decides right."""
        super().__post_init__()
        self.server_side_parameters.update(SESSION_SETTINGS)

    @property
    def type(self):
        """Name of the adapter."""
        return "insight_spark"

    @property
    def unique_field(self):
        """What tells one warehouse from another."""
        return self.remote or self.master or "session"

    def _connection_keys(self):
        return ("remote", "master", "schema")


def session_of(credentials):
    """The session of these credentials, made when first asked for."""
    key = (credentials.remote, credentials.master)
    with _lock:
        if key not in _sessions:
            _sessions[key] = _new_session(credentials)
        return _sessions[key]


def _new_session(credentials):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if credentials.remote:
        builder = builder.remote(credentials.remote)
    else:
        # What spark-submit was told counts more than the profile.
        if credentials.master and "PYSPARK_GATEWAY_PORT" not in os.environ:
            builder = builder.master(credentials.master)
        # Tables outlive the process: the catalog is Hive's, on disk.
        builder = builder.enableHiveSupport()
        for name, value in credentials.server_side_parameters.items():
            builder = builder.config(name, value)
    session = builder.getOrCreate()
    for name, value in credentials.server_side_parameters.items():
        if session.conf.get(name, None) != value:
            session.conf.set(name, value)
    return session


# A statement that only reads, below dbt's comments.
QUERY = re.compile(r"(\s|/\*.*?\*/|--[^\n]*\n)*(select|with)\b", re.I | re.S)
WRITES = re.compile(r"\binsert\s+(into|overwrite)\b", re.I)


def frame_of(session, sql):
    """What `sql` returns, as a DataFrame; a statement that is no query is executed.

    A Connect server asked to execute a query analyses it and hands it back, and then
    analyses it again when its rows are asked for. So a query is not sent before.
    """
    if hasattr(session, "_jsparkSession") or not QUERY.match(sql) or WRITES.search(sql):
        return session.sql(sql)
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import SQL

    return DataFrame(SQL(sql, [], {}, []), session)


class InsightSparkCursor(Cursor):
    """Runs statements on the shared session."""

    def __init__(self, credentials):
        """Without a statement yet."""
        super().__init__()
        self.credentials = credentials

    def execute(self, sql, *parameters):
        """Run `sql`; what a query returns is fetched when asked for."""
        if parameters:
            raise DbtRuntimeError("Bindings are not supported: write literals.")
        self._rows = None
        with plain_errors():
            self._df = frame_of(session_of(self.credentials), sql)

    @property
    def description(self):
        """Names and types of the columns."""
        with plain_errors():
            return super().description

    def fetchall(self):
        """All rows."""
        with plain_errors():
            return super().fetchall()

    def fetchone(self):
        """The next row."""
        with plain_errors():
            return super().fetchone()


class plain_errors:
    """Raise Spark's errors as dbt's, without the plan and the stack of the JVM."""

    def __enter__(self):
        """Nothing to prepare."""

    def __exit__(self, kind, error, traceback):
        """Turn a Spark error into a dbt error."""
        if error is not None and kind.__module__.split(".")[0] in ("pyspark", "py4j"):
            text = str(error)
            # What follows is the plan, or the stack of the JVM.
            for end in (";\n'", ";\n+-", "JVM stacktrace:", "\n\tat "):
                text = text.split(end)[0]
            raise DbtDatabaseError(text.strip()) from error


class InsightSparkHandle:
    """What dbt holds as a connection: a way to the shared session."""

    def __init__(self, credentials):
        """The session is made by the first statement."""
        self.credentials = credentials

    def cursor(self):
        """A new cursor."""
        return InsightSparkCursor(self.credentials)


class InsightSparkConnectionManager(SparkConnectionManager):
    """Opens connections on the shared session."""

    TYPE = "insight_spark"

    @classmethod
    def open(cls, connection):
        """Open `connection`, once."""
        if connection.state != ConnectionState.OPEN:
            connection.handle = SessionConnectionWrapper(
                InsightSparkHandle(connection.credentials)
            )
            connection.state = ConnectionState.OPEN
        return connection
