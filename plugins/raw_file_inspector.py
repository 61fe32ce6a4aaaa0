"""Looks at raw files before DuckDB reads them, so that nothing is lost silently.

DuckDB reads a CSV file well once it knows its delimiter, its encoding and its
header.  Sniffing all three from the data guesses, and a wrong guess is a wrong
number; here they are read off the file itself.  The line count lets the caller
prove that every line became a row or a quarantined line.

As a dbt-duckdb plugin it registers one SQL function,
`inspect_raw_files(folder, stems_json)`, which returns JSON and never raises:
what is wrong with a file is part of the answer.
"""

import csv
import io
import json
import os

from dbt.adapters.duckdb.plugins import BasePlugin

CHUNK_BYTES = 1 << 22
HEADER_BYTES = 1 << 16
DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def _encoding_of(sample, at_end):
    """Name the encoding of `sample` (bytes): utf-8, utf-16 or latin-1.

    A sample with some invalid bytes among more valid multi-byte characters is
    still UTF-8 with broken rows; those rows are quarantined, not reinterpreted.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    if sample[1:2] == b"\0" or sample[:1] == b"\0":
        return "utf-16"
    if not at_end:
        # The sample may end inside a character: look at whole lines only.
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError:
        decoded = sample.decode("utf-8", errors="replace")
        invalid = decoded.count("\ufffd")
        valid = sum(1 for char in decoded if char > "\x7f") - invalid
        return "utf-8" if valid > invalid else "latin-1"
    return "utf-8"


def _header_of(text):
    """Return (delimiter, column names) of the first line of `text`.

    The delimiter is the one that splits the line into most cells, comma first
    among equals.
    """
    text = text.lstrip("\ufeff")
    best = (",", [])
    for delimiter in DELIMITERS:
        row = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
        if len(row) > len(best[1]):
            best = (delimiter, row)
    return best[0], [name.strip() for name in best[1]]


def _count_lines(path, encoding):
    """Count what a reader must account for: lines that hold something, quotes.

    Returns a dict with `lines` (non-blank lines, header included), `quotes`
    (double quotes in the file) and `mixed_newlines` (bool).
    """
    newline_styles = set()
    lines = quotes = 0
    # newline="" keeps line ends as they are; "\r", "\n" and "\r\n" all end one.
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        for line in file:
            body = line.rstrip("\r\n")
            newline_styles.add(line[len(body) :])
            if body.strip("\ufeff \t"):
                lines += 1
                quotes += body.count('"')
    newline_styles.discard("")
    return {
        "lines": lines,
        "quotes": quotes,
        "mixed_newlines": len(newline_styles) > 1,
    }


def inspect_csv(path):
    """Facts of one CSV file: encoding, delimiter, header, line and quote counts."""
    with open(path, "rb") as file:
        sample = file.read(CHUNK_BYTES)
    encoding = _encoding_of(sample, at_end=len(sample) < CHUNK_BYTES)
    head = sample[:HEADER_BYTES].decode(encoding, errors="replace")
    delimiter, header = _header_of(head)
    return {
        "encoding": encoding,
        "delimiter": delimiter,
        "header": header,
        **_count_lines(path, encoding),
    }


def inspect_parquet(path):
    """Facts of one Parquet file: is it one?"""
    with open(path, "rb") as file:
        start = file.read(4)
        file.seek(-4, os.SEEK_END)
        end = file.read(4)
    return {"is_parquet": start == end == b"PAR1"}


def inspect_file(path, folder):
    """Facts of one raw file below `folder`; `error` says what is wrong with it."""
    facts = {
        "path": path,
        "name": os.path.relpath(path, folder),
        "format": os.path.splitext(path)[1].lower().lstrip("."),
        "size": os.path.getsize(path),
        "error": None,
    }
    try:
        if facts["size"] == 0:
            facts["error"] = "is empty (0 bytes); export it again"
        elif facts["format"] == "csv":
            facts.update(inspect_csv(path))
            if not facts["lines"]:
                facts["error"] = "holds only blank lines; export it again"
        else:
            facts.update(inspect_parquet(path) if facts["size"] >= 12 else {})
            if not facts.get("is_parquet"):
                facts["error"] = (
                    "is not a complete Parquet file; export it again, or give it"
                    " the ending .csv if it is text"
                )
    except OSError as problem:
        facts["error"] = f"cannot be read ({problem.strerror})"
    return facts


def _is_raw_file(name):
    return not name.startswith((".", "_")) and name.lower().endswith(
        (".csv", ".parquet")
    )


def find_files(folder, stem):
    """Paths of the raw table `stem` in `folder`, sorted, and where they were found.

    `stem.csv`, `stem.parquet` or a folder `stem` of such parts, searched
    recursively; letter case of names does not matter.
    """
    places = {}
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if os.path.isdir(path) and entry.lower() == stem.lower():
            parts = [
                os.path.join(root, name)
                for root, _, names in os.walk(path)
                for name in names
                if _is_raw_file(name)
            ]
            places[entry + "/"] = sorted(parts)
        elif _is_raw_file(entry) and os.path.splitext(entry)[0].lower() == stem.lower():
            places[entry] = [path]
    return places


def inspect_raw_files(folder, stems_json):
    """Describe the files of the first stem in `stems_json` that `folder` holds.

    Returns JSON: `folder_exists`, `entries` (names in the folder), `stem`,
    `places` (more than one is ambiguous) and `files` (facts of each part).
    """
    answer = {
        "folder_exists": os.path.isdir(folder),
        "entries": [],
        "stem": None,
        "places": [],
        "files": [],
    }
    if answer["folder_exists"]:
        answer["entries"] = sorted(
            entry for entry in os.listdir(folder) if not entry.startswith(".")
        )
        for stem in json.loads(stems_json):
            places = find_files(folder, stem)
            if places:
                answer["stem"] = stem
                answer["places"] = list(places)
                answer["files"] = [
                    inspect_file(path, folder) for path in next(iter(places.values()))
                ]
                break
    return json.dumps(answer)


class Plugin(BasePlugin):
    """Registers `inspect_raw_files` on dbt's DuckDB connection."""

    def configure_connection(self, conn):
        """Add the function; it reads files, so its answer is never reused."""
        conn.create_function(
            "inspect_raw_files",
            inspect_raw_files,
            ["VARCHAR", "VARCHAR"],
            "VARCHAR",
            side_effects=True,
        )
