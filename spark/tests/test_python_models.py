"""What Python models read and write, without a Spark session."""

import datetime
import decimal

import duckdb
import numpy
import pandas
import pyarrow
import pytest
from dbt.adapters.insight_spark import python_models
from dbt.adapters.insight_spark.connections import (
    SESSION_SETTINGS,
    InsightSparkCredentials,
    plain_errors,
)
from dbt_common.exceptions import DbtDatabaseError


class FakeSession:
    """Stands in for a Spark session: keeps the Arrow table it is given."""

    def createDataFrame(self, table, schema=None):
        return table if schema is None else (table, schema)


def test_pandas_sees_the_types_that_duckdb_gives():
    table = pyarrow.table(
        {
            "amount": pyarrow.array([decimal.Decimal("1.25"), None]),
            "day": pyarrow.array([datetime.date(2025, 6, 9), None]),
            "at": pyarrow.array(
                [datetime.datetime(2025, 6, 9, 1), None], pyarrow.timestamp("us", "UTC")
            ),
            "count": pyarrow.array([1, 2]),
            "name": pyarrow.array(["a", None]),
        }
    )
    frame = python_models.to_pandas(table)
    assert frame["amount"].dtype == "float64"
    assert frame["amount"][0] == 1.25 and pandas.isna(frame["amount"][1])
    assert frame["day"].dtype == "datetime64[us]"
    assert frame["at"].dtype == "datetime64[us]"
    assert frame["at"][0] == pandas.Timestamp("2025-06-09 01:00:00")
    assert frame["count"].dtype == "int64"
    assert pandas.isna(frame["name"][1])


def test_nan_is_written_as_null_and_times_as_utc():
    frame = pandas.DataFrame(
        {
            "score": [0.5, float("nan")],
            "place": pandas.array([1, None], dtype="Int64"),
            "nothing": [None, None],
            "at": pandas.to_datetime(["2025-06-09 01:00", None]),
        }
    )
    table = python_models.to_spark(frame, FakeSession())
    assert table.column("score").to_pylist() == [0.5, None]
    assert table.column("place").to_pylist() == [1, None]
    assert table.schema.field("nothing").type == pyarrow.string()
    assert str(table.schema.field("at").type) == "timestamp[us, tz=UTC]"
    assert table.column("at").to_pylist()[0].hour == 1


def test_arrays_come_as_duckdb_hands_them_out():
    """NULLs are masked, whole numbers stay whole, decimals are doubles."""
    table = pyarrow.table(
        {
            "amount": pyarrow.array([decimal.Decimal("1.25"), decimal.Decimal("2")]),
            "count": pyarrow.array([2**60 + 1, None]),
            "name": pyarrow.array(["a", None]),
            "won": pyarrow.array([True, False]),
        }
    )
    found = python_models.to_arrays(table)
    connection = duckdb.connect()
    connection.register("rows", table)
    expected = connection.query("select * from rows").fetchnumpy()
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].dtype == values.dtype, name
        assert numpy.array_equal(
            numpy.ma.getmaskarray(found[name]), numpy.ma.getmaskarray(values)
        )
        assert list(numpy.ma.compressed(found[name])) == list(
            numpy.ma.compressed(values)
        )


def test_arrays_are_written_with_what_is_masked_or_nan_as_null():
    arrays = {
        "place": numpy.ma.masked_array([7, 1], [True, False]),
        "name": numpy.array(["a", None], dtype=object),
        "score": numpy.array([float("nan"), 0.5]),
    }
    table = python_models.to_spark(arrays, FakeSession())
    assert table.column("place").to_pylist() == [None, 1]
    assert table.column("name").to_pylist() == ["a", None]
    assert table.column("score").to_pylist() == [None, 0.5]
    assert table.schema.field("place").type == pyarrow.int64()
    nothing = {name: values[:0] for name, values in arrays.items()}
    rows, schema = python_models.to_spark(nothing, FakeSession())
    assert rows == []
    assert schema.simpleString() == "struct<place:bigint,name:string,score:double>"


def test_an_empty_result_keeps_its_columns():
    frame = pandas.DataFrame({"name": pandas.Series(dtype="str"), "n": [1.0][:0]})
    rows, schema = python_models.to_spark(frame, FakeSession())
    assert rows == []
    assert schema.simpleString() == "struct<name:string,n:double>"


def test_a_spark_frame_and_a_relation_pass_through():
    frame = object()
    relation = python_models.EdgeRelation(frame)
    assert python_models.to_spark(relation, FakeSession()) is frame
    assert python_models.to_spark(frame, FakeSession()) is frame


def test_settings_that_keep_numbers_right_cannot_be_switched_off():
    credentials = InsightSparkCredentials(
        schema="main",
        server_side_parameters={
            "spark.sql.ansi.enabled": "false",
            "spark.sql.shuffle.partitions": 8,
        },
    )
    parameters = credentials.server_side_parameters
    assert parameters["spark.sql.ansi.enabled"] == "true"
    assert parameters["spark.sql.session.timeZone"] == "UTC"
    assert parameters["spark.sql.shuffle.partitions"] == "8"
    assert set(SESSION_SETTINGS) <= set(parameters)


def test_errors_come_without_plan_and_stack():
    from pyspark.errors import PySparkException

    text = "[X] It is wrong. SQLSTATE: 1; line 1;\n'Project\n+- a\n\nJVM stacktrace:\nb"
    with pytest.raises(DbtDatabaseError) as caught, plain_errors():
        raise PySparkException(text)
    assert str(caught.value).endswith("[X] It is wrong. SQLSTATE: 1; line 1")
    with pytest.raises(KeyError), plain_errors():
        raise KeyError("not Spark's")


def test_expressions_are_split_at_their_commas_only():
    assert python_models.expressions("a, least(b, c) as d ,e is null and f as g") == [
        "a",
        "least(b, c) as d",
        "e is null and f as g",
    ]


def test_every_type_that_edges_return_has_a_type_in_sql():
    assert set(python_models.SPARK_TYPES) >= {"str", "int64", "float64", "boolean"}
