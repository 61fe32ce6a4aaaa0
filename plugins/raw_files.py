"""Looks at raw files before an engine reads them, so that nothing is lost silently.

An engine reads a CSV file well once it knows its delimiter, its encoding and its
header.  Sniffing all three from the data guesses, and a wrong guess is a wrong
number; here they are read off the file itself.  The line count lets the caller
prove that every line became a row or a quarantined line.

`inspect_raw_files(folder, stems_json)` returns JSON and never raises: what is wrong
with a file is part of the answer.
"""

import csv
import functools
import io
import json
import os
import tempfile

import pyarrow
import pyarrow.parquet

CHUNK_BYTES = 1 << 22
HEADER_BYTES = 1 << 16
DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def _encoding_of(sample, at_end):
    """Name the encoding of `sample` (bytes) as Python knows it.

    UTF-8 or UTF-16, else Windows-1252, else Latin-1.  A sample with some invalid
    bytes among more valid multi-byte characters is still UTF-8 with broken rows;
    those rows are quarantined, not reinterpreted.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    if sample[:1] == b"\0" and sample[1:2] != b"\0":
        return "utf-16-be"
    if sample[1:2] == b"\0":
        return "utf-16-le"
    if not at_end:
        # The sample may end inside a character: look at whole lines only.
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError:
        decoded = sample.decode("utf-8", errors="replace")
        invalid = decoded.count("\ufffd")
        valid = sum(1 for char in decoded if char > "\x7f") - invalid
        if valid > invalid:
            return "utf-8"
        try:
            sample.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8"


def _header_of(text):
    """Return (delimiter, column names) of the first line of `text`.

    The delimiter is the one that splits the line into most cells, comma first
    among equals.
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    best = (",", [])
    for delimiter in DELIMITERS:
        row = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
        if len(row) > len(best[1]):
            best = (delimiter, row)
    return best[0], [name.strip() for name in best[1]]


def _count_lines(path, encoding):
    """Count what a reader must account for: lines that hold something, quotes.

    Returns a dict with `lines` (non-blank lines, header included), `quotes`
    (double quotes in the file) and `newlines` (the line ends that occur).
    """
    newlines = set()
    lines = quotes = 0
    # newline="" keeps line ends as they are; "\r", "\n" and "\r\n" all end one.
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        for line in file:
            body = line.rstrip("\r\n")
            newlines.add(line[len(body) :])
            if body.strip("\ufeff \t"):
                lines += 1
                quotes += body.count('"')
    return {"lines": lines, "quotes": quotes, "newlines": sorted(newlines - {""})}


def _plain_copy(path, encoding):
    """Copy a text file as UTF-8 with `\n` at every line end; return the copy's path.

    Bytes that are not valid UTF-8 in a UTF-8 file stay as they are, so that the
    reader can reject their lines.  Copies are deleted when the process ends.
    """
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    with (
        open(path, encoding=encoding, errors=errors) as source,
        tempfile.NamedTemporaryFile(
            "w",
            dir=_copies().name,
            suffix=".csv",
            delete=False,
            encoding="utf-8",
            errors=errors,
            newline="\n",
        ) as copy,
    ):
        while text := source.read(CHUNK_BYTES):
            copy.write(text.lstrip("\ufeff") if copy.tell() == 0 else text)
    return copy.name


@functools.cache
def _copies():
    """The folder of this process's copies, which goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="insight_raw_")


def inspect_csv(path):
    """Facts of one CSV file: encoding, delimiter, header, line and quote counts.

    `read_path` is what the reader should open: the file itself where it is UTF-8
    with one kind of line end, otherwise a plain copy of it.
    """
    with open(path, "rb") as file:
        sample = file.read(CHUNK_BYTES)
    encoding = _encoding_of(sample, at_end=len(sample) < CHUNK_BYTES)
    head = sample[:HEADER_BYTES].decode(encoding, errors="replace")
    delimiter, header = _header_of(head)
    counts = _count_lines(path, encoding)
    is_plain = encoding == "utf-8" and counts["newlines"] in ([], ["\n"], ["\r\n"])
    return {
        "encoding": encoding,
        "delimiter": delimiter,
        "header": header,
        "read_path": path if is_plain else _plain_copy(path, encoding),
        **counts,
    }


def inspect_parquet(path):
    """Facts of one Parquet file: does its footer make sense?"""
    try:
        pyarrow.parquet.read_metadata(path)
    except (pyarrow.ArrowException, OSError):
        return {"is_parquet": False}
    return {"is_parquet": True}


def inspect_file(path, folder):
    """Facts of one raw file below `folder`; `error` says what is wrong with it."""
    facts = {
        "path": path,
        "name": os.path.relpath(path, folder),
        "format": os.path.splitext(path)[1].lower().lstrip("."),
        "size": None,
        "error": None,
    }
    try:
        facts["size"] = os.path.getsize(path)
        if facts["size"] == 0:
            facts["error"] = "is empty (0 bytes); export it again"
        elif facts["format"] == "csv":
            facts.update(inspect_csv(path))
            if not facts["lines"]:
                facts["error"] = "holds only blank lines; export it again"
        else:
            facts.update(inspect_parquet(path))
            if not facts["is_parquet"]:
                facts["error"] = (
                    "is not a complete Parquet file; export it again, or give it"
                    " the ending .csv if it is text"
                )
    except OSError as problem:
        facts["error"] = f"cannot be read ({problem.strerror})"
    except (csv.Error, UnicodeError) as problem:
        facts["error"] = f"cannot be read as text ({problem}); save it as UTF-8"
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
