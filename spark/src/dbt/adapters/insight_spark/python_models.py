"""Runs Python models on the session of the SQL models.

A model written for DuckDB relations (`dbt.ref(name).df()`, `.fetchnumpy()`,
`.select()`, `.filter()`, `.order()`) runs here unchanged: what it reads is an
EdgeRelation, what it returns may be a pandas DataFrame, an Arrow table, a dict of
numpy arrays, an EdgeRelation or a Spark DataFrame.
"""

import importlib
import os
import sys

from dbt.adapters.base import PythonJobHelper
from dbt.adapters.insight_spark.connections import plain_errors, session_of

_module_folders = set()


def use_module_paths(credentials):
    """Let Python import from the profile's module_paths."""
    for folder in reversed(credentials.module_paths):
        path = os.path.abspath(folder)
        _module_folders.add(path)
        if path not in sys.path:
            sys.path.insert(0, path)


def module_of(name, credentials):
    """Import the module `name`, which may lie in the profile's module_paths."""
    use_module_paths(credentials)
    return importlib.import_module(name)


# Types of pandas columns in Spark's SQL.
SPARK_TYPES = {
    "str": "string",
    "object": "string",
    "int64": "bigint",
    "Int64": "bigint",
    "int32": "int",
    "float64": "double",
    "bool": "boolean",
    "boolean": "boolean",
    "datetime64[us]": "timestamp",
}

_shipped = set()


def expressions(text):
    """The SQL expressions of a list like 'a, greatest(b, c) as d'."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def ship_modules(session):
    """Give the executors the modules of the profile's module_paths, once."""
    files = sorted(
        os.path.join(folder, name)
        for folder in _module_folders
        for name in os.listdir(folder)
        if name.endswith(".py")
    )
    if not files or id(session) in _shipped:
        return
    if hasattr(session, "addArtifacts") and not hasattr(session, "_jsparkSession"):
        session.addArtifacts(*files, pyfile=True)
    else:
        for file in files:
            session.sparkContext.addPyFile(file)
    _shipped.add(id(session))


def _in_pandas(function):
    """`function` of DataFrames as one of Arrow tables, for the executors.

    It travels as a whole, with what it uses of this module: the adapter is not
    installed there.
    """
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])

    def apply(table):
        return to_arrow(function(to_pandas(table)))

    return apply


class EdgeRelation:
    """A Spark DataFrame with the few methods that Python models use."""

    def __init__(self, frame):
        """Hold `frame`, a Spark DataFrame."""
        self.frame = frame

    @property
    def columns(self):
        """Names of the columns."""
        return self.frame.columns

    def select(self, columns):
        """Only these columns, a text as in SQL."""
        return EdgeRelation(self.frame.selectExpr(*expressions(columns)))

    def filter(self, condition):
        """Only rows that fulfil `condition`, SQL."""
        return EdgeRelation(self.frame.where(condition))

    def order(self, columns):
        """Rows in the order of `columns`, SQL names with commas between."""
        return EdgeRelation(self.frame.orderBy(*expressions(columns)))

    def over_groups(self, keys, function, columns):
        """Apply `function` (DataFrame to DataFrame) to each group, on the executors.

        Arguments:
            keys: list of columns whose values name a group.
            function: gets all rows of a group, as df() would give them.
            columns: dict of the result's columns, name to pandas type.
        """
        ship_modules(self.frame.sparkSession)
        schema = ", ".join(
            f"`{name}` {SPARK_TYPES[kind]}" for name, kind in columns.items()
        )
        return EdgeRelation(
            self.frame.groupBy(*keys).applyInArrow(_in_pandas(function), schema)
        )

    def arrow(self):
        """All rows as an Arrow table: they must fit into the driver's memory."""
        return self.frame.toArrow()

    def df(self):
        """All rows as pandas: they must fit into the driver's memory."""
        return to_pandas(self.arrow())

    def fetchnumpy(self):
        """All rows as a dict of arrays, masked where NULL; in the driver's memory."""
        return to_arrays(self.arrow())


class EdgeSession:
    """What a Python model gets as `session`: SQL, and relations of its results."""

    def __init__(self, session):
        """Hold the Spark session."""
        self.spark = session

    def sql(self, query):
        """Rows of an SQL query."""
        return EdgeRelation(self.spark.sql(query))

    def table(self, name):
        """Rows of a table."""
        return EdgeRelation(self.spark.table(name))


def plain_types(table):
    """An Arrow table with types as DuckDB gives them.

    Decimals are doubles, dates are timestamps, timestamps have no zone.
    """
    import pyarrow

    fields = []
    for column in table.schema:
        kind = column.type
        if pyarrow.types.is_decimal(kind):
            kind = pyarrow.float64()
        elif pyarrow.types.is_date(kind) or pyarrow.types.is_timestamp(kind):
            kind = pyarrow.timestamp("us")
        fields.append(pyarrow.field(column.name, kind))
    return table.cast(pyarrow.schema(fields))


def to_pandas(table):
    """An Arrow table as pandas."""
    return plain_types(table).to_pandas()


def to_arrays(table):
    """An Arrow table as a dict of numpy arrays, masked where a column has NULLs."""
    import numpy

    arrays = {}
    for name, column in zip(
        table.column_names, plain_types(table).columns, strict=True
    ):
        is_null = column.is_null().to_numpy()
        known = column.drop_null().to_numpy()
        arrays[name] = known
        if is_null.any():
            values = numpy.zeros(len(column), dtype=known.dtype)
            values[~is_null] = known
            arrays[name] = numpy.ma.masked_array(values, is_null)
    return arrays


def to_arrow(frame):
    """A DataFrame, or dict of arrays, as an Arrow table for Spark; NaN is NULL."""
    import numpy
    import pyarrow

    if isinstance(frame, pyarrow.Table):
        table = frame
    elif isinstance(frame, dict):
        arrays = {}
        for name, values in frame.items():
            data, is_null = numpy.ma.getdata(values), numpy.ma.getmaskarray(values)
            if data.dtype.kind == "f":
                is_null = is_null | numpy.isnan(data)
            arrays[name] = pyarrow.array(data, mask=is_null)
        table = pyarrow.table(arrays)
    else:
        table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    fields = []
    for column in table.schema:
        kind = column.type
        if pyarrow.types.is_null(kind) or pyarrow.types.is_large_string(kind):
            kind = pyarrow.string()
        elif pyarrow.types.is_timestamp(kind):
            kind = pyarrow.timestamp("us", tz="UTC")
        elif pyarrow.types.is_unsigned_integer(kind):
            kind = pyarrow.int64()
        fields.append(pyarrow.field(column.name, kind))
    return table.cast(pyarrow.schema(fields))


def to_spark(result, session):
    """What a Python model returned, as a Spark DataFrame."""
    import pandas
    import pyarrow

    if isinstance(result, EdgeRelation):
        return result.frame
    if isinstance(result, (pandas.DataFrame, pyarrow.Table, dict)):
        table = to_arrow(result)
        if table.num_rows:
            return session.createDataFrame(table)
        # Of no rows Spark infers no types.
        from pyspark.sql.pandas.types import from_arrow_schema

        return session.createDataFrame([], from_arrow_schema(table.schema))
    return result


class SessionPythonJobHelper(PythonJobHelper):
    """Executes a compiled Python model and writes what it returns."""

    def __init__(self, parsed_model, credentials):
        """Hold the model and where its session is."""
        self.model = parsed_model
        self.credentials = credentials

    def submit(self, compiled_code):
        """Run the model; the code says with `write_to` which table it becomes."""
        use_module_paths(self.credentials)
        spark = session_of(self.credentials)
        session = EdgeSession(spark)
        scope = {"__name__": self.model["name"]}
        path = self.model["original_file_path"]
        code = compile(compiled_code.lstrip(), path, "exec")
        exec(code, scope)
        with plain_errors():
            result = scope["model"](scope["dbtObj"](session.table), session)
            writer = to_spark(result, spark).write.mode("overwrite")
            writer.format(scope["file_format"]).saveAsTable(scope["write_to"])
