"""Files of the demo company: typed Arrow tables to Parquet and CSV, in pieces."""

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from demo import company

MONEY = pa.decimal128(18, 2)
_EPOCH = int((company.START - company.datetime(1970, 1, 1)).total_seconds())


def ids(prefix, numbers, width):
    """Text ids such as C00000017 from integers (n,)."""
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, text, "")


def timestamps(seconds):
    """Timestamps from seconds since START (n,)."""
    return pa.array((np.asarray(seconds, dtype=np.int64) + _EPOCH) * 1_000_000).cast(
        pa.timestamp("us")
    )


def dates(days):
    """Dates from days since START (n,)."""
    return pa.array((np.asarray(days) + _EPOCH // company.DAY).astype(np.int32)).cast(
        pa.date32()
    )


def names(codes, values):
    """Text from codes (n,) into `values`; a negative code is null."""
    codes = np.asarray(codes)
    index = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.array(values, pa.string()).take(index)


def money(cents):
    """Exact decimals from whole cents (n,)."""
    hundred = pa.scalar(100, pa.decimal128(3, 0))
    whole = pa.array(np.asarray(cents, dtype=np.int64)).cast(pa.decimal128(19, 0))
    return pc.divide(whole.cast(pa.decimal128(21, 2)), hundred).cast(MONEY)


def text_rows(table):
    """Rows of `table` as dicts of text, as the CSV writer would show them."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("s"))
        columns[name] = [
            "" if v is None else v for v in column.cast(pa.string()).to_pylist()
        ]
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]


def text_table(rows, column_names):
    """Return an all-text table of `rows` (dicts)."""
    return pa.table(
        {
            name: pa.array([row[name] for row in rows], pa.string())
            for name in column_names
        }
    )


class ParquetFile:
    """A Parquet file written piece by piece, one row group a piece."""

    def __init__(self, path):
        """Remember `path`; the first piece opens it."""
        self.path, self.writer = path, None

    def write(self, table):
        """Append `table`."""
        if self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self.writer.write_table(table, row_group_size=max(1, table.num_rows))

    def close(self):
        """Finish the file."""
        if self.writer is not None:
            self.writer.close()


class CsvFile:
    """A CSV file written piece by piece; quotes only where needed."""

    def __init__(self, path):
        """Open `path` for writing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Open across many writes; close() ends it.
        self.file, self.header = path.open("wb"), True

    def write(self, table):
        """Append `table`; later pieces need the same columns, of any type."""
        for i, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                table = table.set_column(
                    i, field.name, table[field.name].cast(pa.timestamp("s"))
                )
        # Empty text and null both become an empty field.
        for i, field in enumerate(table.schema):
            if pa.types.is_string(field.type):
                column = table[field.name]
                blank = pc.equal(column, "")
                table = table.set_column(
                    i,
                    field.name,
                    pc.if_else(blank, pa.scalar(None, pa.string()), column),
                )
        options = pyarrow.csv.WriteOptions(
            include_header=self.header, quoting_style="needed", quoting_header="none"
        )
        pyarrow.csv.write_csv(table, self.file, options)
        self.header = False

    def close(self):
        """Finish the file."""
        self.file.close()


def write_json(path, content):
    """Write `content` to `path` in one step: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, indent=2, default=str) + "\n")
    os.replace(partial, path)
