"""The raw file inspector reads encodings, delimiters, headers and line counts."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

import raw_files as inspector

TEXT = "id,name\n1,Müller\n2,Øre\n"


def facts_of(tmp_path, content):
    """Facts of a CSV file with this content."""
    path = tmp_path / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return inspector.inspect_file(str(path), str(tmp_path))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"id,name\n1,plain\n", "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("latin-1"), "cp1252"),
        (TEXT.replace("M", "€").encode("cp1252"), "cp1252"),
        (TEXT.encode("latin-1").replace(b"M", b"\x81"), "latin-1"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        # One broken character among many whole ones: still UTF-8.
        ("id,name\n1,ÄÖÜäöüß\n".encode() + b"2,M\xfcller\n", "utf-8"),
    ],
)
def test_encoding(tmp_path, content, encoding):
    """Marks first, then what decodes."""
    facts = facts_of(tmp_path, content)
    assert facts["error"] is None
    assert facts["encoding"] == encoding
    assert facts["header"] == ["id", "name"]
    assert facts["lines"] == content.count(b"\n")
    if encoding != "utf-8":
        copy = Path(facts["read_path"]).read_text(encoding="utf-8")
        assert copy == content.decode(encoding).lstrip("\ufeff")


@pytest.mark.parametrize(
    ("mark", "order"),
    [(b"\xff\xfe", "le"), (b"\xfe\xff", "be"), (b"", "le"), (b"", "be")],
)
def test_utf_16_in_either_order_never_raises(tmp_path, mark, order):
    """With a mark or without: facts, or an error in words."""
    facts = facts_of(tmp_path, mark + TEXT.encode(f"utf-16-{order}"))
    if facts["error"] is None:
        assert facts["header"] == ["id", "name"]
        assert facts["lines"] == 3
    else:
        assert "UTF-8" in facts["error"]


def test_a_character_cut_by_the_end_of_the_sample_is_not_broken(tmp_path, monkeypatch):
    """Only whole lines of the sample are judged."""
    text = "id,name\n1,ab\n2,ÜÜÜÜÜÜÜÜ\n"
    for size in range(12, 30):
        monkeypatch.setattr(inspector, "CHUNK_BYTES", size)
        assert facts_of(tmp_path, text)["encoding"] == "utf-8", size


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter(tmp_path, delimiter):
    """Whichever splits the header into most cells; quotes are respected."""
    facts = facts_of(
        tmp_path, f'id{delimiter} "a,b;c" {delimiter}x\n'.replace(' "', '"')
    )
    assert facts["delimiter"] == delimiter
    assert facts["header"][0] == "id"
    assert len(facts["header"]) == 3


def test_a_single_column_has_the_comma(tmp_path):
    """Nothing to split."""
    facts = facts_of(tmp_path, "id\n1\n")
    assert (facts["delimiter"], facts["header"]) == (",", ["id"])


def test_a_comma_wins_a_tie(tmp_path):
    """Two cells by comma, two by semicolon."""
    assert facts_of(tmp_path, "a,b;c\n")["delimiter"] == ","


@pytest.mark.parametrize(
    ("content", "lines", "quotes", "copied"),
    [
        ("id\n1\n2\n", 3, 0, False),
        ("id\n1\n2", 3, 0, False),
        ("id\r\n1\r\n", 2, 0, False),
        ("id\n1\r\n", 2, 0, True),
        ("id\r1\r", 2, 0, True),
        ("id\n\n  \n\t\n1\n", 2, 0, False),
        ('id,n\n1,"a\nb"\n', 3, 2, False),
        ("\ufeffid\n1\n", 2, 0, False),
    ],
)
def test_lines_quotes_and_line_ends(tmp_path, content, lines, quotes, copied):
    """Lines that hold something; a copy is read where line ends are not of one kind."""
    facts = facts_of(tmp_path, content)
    assert facts["error"] is None
    assert facts["lines"] == lines
    assert facts["quotes"] == quotes
    assert (facts["read_path"] != facts["path"]) == copied
    if copied:
        expected = content.replace("\r\n", "\n").replace("\r", "\n")
        assert Path(facts["read_path"]).read_bytes().decode() == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty (0 bytes)"), ("\n \r\n\n", "holds only blank lines")],
)
def test_nothing_in_a_file(tmp_path, content, words):
    """Said in words."""
    assert words in facts_of(tmp_path, content)["error"]


@pytest.mark.parametrize(
    "content", [b"id\n1\n", b"PAR1", b"PAR1" + b"\0" * 20, b"\0" * 20 + b"PAR1"]
)
def test_what_is_not_parquet(tmp_path, content):
    """Both ends must carry the mark."""
    path = tmp_path / "file.parquet"
    path.write_bytes(content)
    facts = inspector.inspect_file(str(path), str(tmp_path))
    assert "not a complete Parquet file" in facts["error"]


def test_a_file_that_cannot_be_opened(tmp_path):
    """A dangling link is an answer, not an exception."""
    (tmp_path / "orders.csv").symlink_to(tmp_path / "gone")
    answer = json.loads(inspector.inspect_raw_files(str(tmp_path), '["orders"]'))
    assert "cannot be read" in answer["files"][0]["error"]


def answer_for(folder, *stems):
    """The inspector's answer as a dict."""
    return json.loads(inspector.inspect_raw_files(str(folder), json.dumps(stems)))


def test_a_folder_that_is_not_there(tmp_path):
    """Said, not raised."""
    answer = answer_for(tmp_path / "nowhere", "orders")
    assert answer["folder_exists"] is False
    assert answer["files"] == []


def test_the_first_name_that_is_there_wins(tmp_path):
    """Aliases are tried in order; letter case does not matter."""
    for name in ("purchases.csv", "ORDERS.CSV", "orders_old.csv", "notes.txt"):
        (tmp_path / name).write_text(TEXT)
    answer = answer_for(tmp_path, "orders", "purchases")
    assert (answer["stem"], answer["places"]) == ("orders", ["ORDERS.CSV"])
    assert [file["name"] for file in answer["files"]] == ["ORDERS.CSV"]
    assert answer["entries"] == [
        "ORDERS.CSV",
        "notes.txt",
        "orders_old.csv",
        "purchases.csv",
    ]
    answer = answer_for(tmp_path, "sales", "purchases")
    assert answer["stem"] == "purchases"


def test_parts_are_found_below_a_folder(tmp_path):
    """In order, whatever their depth; hidden and other files are left alone."""
    for name in (
        "b.csv",
        "a.parquet",
        "2024/c.CSV",
        ".hidden.csv",
        "_temporary.csv",
        "x.txt",
    ):
        path = tmp_path / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT)
    answer = answer_for(tmp_path, "orders")
    assert answer["places"] == ["orders/"]
    assert [file["name"] for file in answer["files"]] == [
        "orders/2024/c.CSV",
        "orders/a.parquet",
        "orders/b.csv",
    ]
    assert [file["format"] for file in answer["files"]] == ["csv", "parquet", "csv"]


def test_a_table_in_two_places_is_told(tmp_path):
    """Nobody can know which one is meant."""
    (tmp_path / "orders").mkdir()
    for name in ("orders.csv", "orders.parquet", "orders/part.csv"):
        (tmp_path / name).write_text(TEXT)
    places = answer_for(tmp_path, "orders")["places"]
    assert sorted(places) == ["orders.csv", "orders.parquet", "orders/"]


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
def test_headers_of_every_line_end(tmp_path, line_end):
    """The header ends where its line ends."""
    facts = facts_of(tmp_path, TEXT.replace("\n", line_end))
    assert facts["header"] == ["id", "name"]


def test_a_quoted_header(tmp_path):
    """Quotes are taken off, blanks around names too."""
    facts = facts_of(tmp_path, '"id", name ,"a, ""b"""\n')
    assert facts["header"] == ["id", "name", 'a, "b"']
