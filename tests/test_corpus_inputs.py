"""What a corpus is read from: items of every kind of input, and what is wrong with bad ones."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import random
import sys
import tarfile
import threading
import tracemalloc
from itertools import islice
from pathlib import Path

import fastmel
import fastmel.corpus
import pytest
from fastmel.corpus import Bytes, Item, Slice
from fastmel.corpus._inputs import InputError, read_items
from fastmel.corpus._inputs.ids import Seen, id_of_path
from fastmel.corpus._tasks import ordered_tasks


def write(name, content="RIFF\0"):
    """Write a file in the current folder; reading inputs opens no audio."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(name, *texts):
    return write(name, "".join(f"{text}\n" for text in texts))


def rows(name, *values):
    return lines(name, *(json.dumps(value, ensure_ascii=False) for value in values))


def read(*inputs, **options):
    """Return the items, and errors as (place, reason)."""
    errors = []
    items = list(read_items(inputs, on_error=errors.append, **options))
    return items, [(error.place, error.reason) for error in errors]


def good(*inputs, **options):
    items, errors = read(*inputs, **options)
    assert errors == []
    return items


def ids(*inputs, **options):
    return [item.id for item in good(*inputs, **options)]


def wrong(*inputs, **options):
    """Return the only error of inputs that have no item."""
    items, errors = read(*inputs, **options)
    assert items == []
    assert len(errors) == 1
    return errors[0]


@pytest.fixture(autouse=True)
def audio(here):
    """Some files that are named below."""
    for name in ("a.wav", "b.flac", "two words.wav", "sub/a.wav", "sub/deep/dü.OGG"):
        write(f"audio/{name}")


# Files, folders, patterns -------------------------------------------------------------------------


def test_files_are_named_by_their_stems():
    assert good("audio/a.wav", Path("audio/sub/deep/dü.OGG")) == [
        Item("a", Path("audio/a.wav")),
        Item("dü", Path("audio/sub/deep/dü.OGG")),
    ]
    assert good("audio/a.wav") == list(read_items("audio/a.wav"))  # one need not be in a list


def test_folders_are_read_in_order_by_suffix():
    for name in ("notes.txt", ".hidden.wav", ".cache/x.wav"):
        write(f"audio/{name}")
    assert ids("audio") == ["a", "b", "two words", "sub/a", "sub/deep/dü"]
    assert ids("audio", recursive=False) == ["a", "b", "two words"]
    assert ids("audio", ids="suffix")[-1] == "sub/deep/dü.OGG"
    assert ids("audio", ids="prefix")[-1] == "audio/sub/deep/dü"
    assert good("audio/sub/a.wav", ids="prefix")[0].id == "audio/sub/a"


def test_what_folders_have_beside_audio_is_told(monkeypatch):
    for name in ("x.m4a", "sub/y.M4A", "shard.tar", "train.parquet"):
        write(f"audio/{name}")
    monkeypatch.setattr("fastmel.corpus._inputs.folders.find_spec", lambda name: None)
    items = read_items("audio")
    assert len(list(items)) == 5
    assert items.left_out() == [
        '2 .m4a left out: pip install "fastmel[av]" reads them',
        "1 .parquet, 1 .tar left out: name them to have what is in them",
    ]
    write("only/x.m4a")
    assert wrong("only") == (
        "only",
        'no audio files in it (1 .m4a left out: pip install "fastmel[av]" reads them)',
    )


@pytest.mark.skipif(os.name == "nt", reason="needs links, for which Windows wants a privilege")
def test_linked_folders_are_told_and_not_entered():
    os.symlink(os.path.abspath("audio"), "audio/sub/loop")
    items = read_items("audio")
    assert len(list(items)) == 5
    assert items.left_out() == ["1 folder left out: links; name them to have them"]
    assert len(ids("audio/sub/loop")) == 5
    assert ids("audio/**/*.wav") == ["a", "two words", "sub/a"]  # nor does a pattern go round


def test_empty_folders_missing_files_and_folders_that_are_closed(monkeypatch):
    Path("void").mkdir()
    place, reason = wrong("void")
    assert place == "void"
    assert reason.startswith("no audio files in it (.")
    assert wrong("nothing.wav") == ("nothing.wav", "no such file or folder")
    assert wrong("nothing/*.wav") == ("nothing/*.wav", "no file or folder matches")
    with pytest.raises(InputError, match=r"^nothing\.wav: no such file or folder$"):
        read_items(["audio", "nothing.wav"])  # at once, not when it is its turn
    scandir = os.scandir

    def closed(path="."):
        if str(path).endswith("deep"):
            raise PermissionError(13, os.strerror(13), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    items, errors = read("audio")
    assert len(items) == 4
    assert errors == [
        (os.path.join("audio", "sub", "deep"), f"cannot be listed ({os.strerror(13)})")
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("audio/*.wav", ["a", "two words"]),
        ("audio/?.*", ["a", "b"]),
        ("*/sub/[a-c].wav", ["audio/sub/a"]),
        ("audio/s*", ["sub/a", "sub/deep/dü"]),  # a folder that matches is gone through
        ("audio/**/*.wav", ["a", "two words", "sub/a"]),
        ("**/dü.*", ["audio/sub/deep/dü"]),
        ("audio/**", ["a", "b", "two words", "sub/a", "sub/deep/dü"]),
    ],
)
def test_patterns_are_those_of_a_shell(pattern, expected):
    write("audio/.hidden/x.wav")
    assert sorted(ids(pattern)) == sorted(expected)


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([1], TypeError, "inputs=1 must be a path: a str"),
        (["a.wav", None], TypeError, "inputs=None must be a path: a str"),
        (b"/tmp", TypeError, "inputs=b'/tmp' must be a path: a str"),
        (3, TypeError, "inputs=3 must be a path, or several"),
        ([], ValueError, "inputs must name at least one path; got none"),
    ],
)
def test_inputs_are_paths(inputs, error, message):
    calls = (
        read_items,
        fastmel.corpus.statistics,
        lambda inputs: fastmel.extract(inputs, "out", "librosa"),
    )
    for call in calls:
        with pytest.raises(error, match=message):
            call(inputs)
    assert not Path("out").exists()


def test_a_file_may_be_called_like_a_pattern():
    write("x[1].wav")
    assert ids("x[1].wav") == ["x[1]"]


def test_an_input_is_read_once_and_two_of_a_name_are_an_error():
    assert ids("audio/a.wav", "audio/a.wav", "./audio/a.wav") == ["a"]
    items, errors = read("audio", "audio/sub/a.wav")
    assert len(items) == 5
    assert errors[0][0] == os.path.join("audio", "sub", "a.wav")
    assert errors[0][1].startswith("the id 'a' came before")
    assert "ids='prefix', --ids prefix" in errors[0][1]
    write("audio/a.flac")
    ((_, reason),) = read("audio")[1]
    assert "ids='suffix', --ids suffix" in reason
    assert "prefix" not in reason
    assert len(ids("audio", ids="suffix")) == 6


# Ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("x.wav", "x"),
        ("./clips//a.b.flac", "clips/a.b"),
        ("/data/x.wav", "data/x"),
        (".wav", ".wav"),
        ("..x/y.wav", "..x/y"),
        ("two\nlines.wav", "two%0Alines"),
        ("\udcffé.wav", "%FFé"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX paths")
def test_names_made_of_paths_are_ids(path, expected):
    assert id_of_path(path) == expected


def test_a_path_that_leads_out_is_named_from_the_root(here):
    expected = "/".join(here.parent.parts[1:])
    assert id_of_path("../x.wav") == f"{expected}/x"


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("/etc/passwd", "is an absolute path"),
        ("../x", "has '..' as a part of its path"),
        ("a/../../x", "has '..'"),
        ("..", "has '..'"),
        ("a//b", "has ''"),
        ("a/./b", "has '.'"),
        ("a\\b", "contains a backslash"),
        ("a\nb", "contains a control character"),
        ("a\0b", "contains a control character"),
        ("a\x7fb", "contains a control character"),
        ("a\u2028b", "contains a line separator"),
        ("a\ud800b", "contains a byte that is no UTF-8"),
        ("x" * 10**6 + "\n", "contains a control character"),
        (True, "is True, not a text"),
        (["x"], "is ['x'], not a text"),
    ],
)
def test_ids_that_are_no_names_are_refused(id, reason):
    write("m.jsonl", json.dumps({"id": id, "path": os.path.abspath("audio/a.wav")}) + "\n")
    place, why = wrong("m.jsonl")
    assert place == "m.jsonl:1"
    assert reason in why
    assert len(why) < 200


def test_ids_may_be_paths_numbers_and_of_any_script():
    values = ["spk/utt 1", 17, "日本", "a..b", "...", "%2e"]
    rows("m.jsonl", *({"id": id, "path": "audio/a.wav"} for id in values))
    assert ids("m.jsonl") == [str(id) for id in values]


def test_seen_ids_are_told_from_new_ones():
    generator = random.Random(0)
    names = [str(generator.random()) for _ in range(60_000)]
    seen = Seen()
    assert all(seen.add(name) for name in names)
    assert not any(seen.add(name) for name in names)
    assert seen.add("new")
    slots = sum(map(len, seen._tables))
    assert 10 * len(names) <= 8 * slots <= 18 * len(names)  # some tables have just grown


def test_seen_ids_whose_codes_meet():
    class Name(str):
        def __hash__(self):
            return 256 * int(self)  # all in one part, and from the first slot on

    seen = Seen()
    names = [Name(i) for i in range(500)]
    assert all(seen.add(name) for name in names)
    assert not any(seen.add(name) for name in names)


# Lists and tables ---------------------------------------------------------------------------------


def test_a_list_has_one_path_a_line():
    write("x/list.txt", "\ufeffaudio/a.wav\r\n\r\naudio/two words.wav\naudio/sub/a.wav")
    assert good("x/list.txt") == [
        Item("audio/a", Path("audio/a.wav"), place="x/list.txt:1"),
        Item("audio/two words", Path("audio/two words.wav"), place="x/list.txt:3"),
        Item("audio/sub/a", Path("audio/sub/a.wav"), place="x/list.txt:4"),
    ]


def test_relative_paths_begin_at_the_manifest_then_here_or_where_one_says():
    write("m/audio/a.wav")
    lines("m/list.txt", "audio/a.wav", "audio/b.flac", "gone.wav")
    items, errors = read("m/list.txt")
    assert [item.audio for item in items] == [Path("m/audio/a.wav"), Path("audio/b.flac")]
    where = os.path.abspath("m")
    ((place, reason),) = errors
    assert place == "m/list.txt:3"
    assert reason.startswith(f"there is no 'gone.wav' in {where} or in the current folder (root=")
    assert [item.audio for item in good("m/list.txt", root="r")][-1] == Path("r/gone.wav")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("s3://bucket/a.wav", "is no file on this machine: fetch it"),
        ("a\0.wav", "is no path"),
        ("utt1 audio/a.wav", "(kind='kaldi', --input-format kaldi, reads an id and a path)"),
        ("x" * 5000, "there is no 'xxx"),
        ("~nobody-of-this-name/a.wav", "there is no '~nobody"),
    ],
)
def test_paths_that_are_none(path, reason):
    lines("list", path)
    place, why = wrong("list", kind="list")
    assert place == "list:1"
    assert reason in why


def test_a_table_of_commas_may_have_quotes_and_lines_in_cells():
    write(
        "t.csv",
        "utt_id,wav,Start,end,channel,text\r\n"
        '"a,1",audio/a.wav,0.5,1.25,,"one ""two""\r\nthree"\r\n'
        "b,audio/b.flac,,, 1,x\r\n",
    )
    assert good("t.csv") == [
        Item("a,1", Path("audio/a.wav"), 0.5, 0.75, None, "t.csv:2", {"text": 'one "two"\nthree'}),
        Item("b", Path("audio/b.flac"), channel=1, place="t.csv:4", extra={"text": "x"}),
    ]


def test_a_table_of_semicolons():
    lines("t.csv", "id;path;text", "x;audio/a.wav;a, b")
    assert good("t.csv") == [
        Item("x", Path("audio/a.wav"), place="t.csv:2", extra={"text": "a, b"})
    ]


def test_a_table_of_tabs_has_no_quotes():
    # Common Voice's sentences begin with quotes that nothing closes.
    lines(
        "t.tsv", "client_id\tpath\tsentence", '1\taudio/a.wav\t"an open quote', "2\taudio/b.flac\tx"
    )
    assert [item.extra["sentence"] for item in good("t.tsv")] == ['"an open quote', "x"]
    assert good("t.tsv")[0].extra["client_id"] == "1"  # the speaker, not the clip
    os.rename("t.tsv", "t.txt")
    assert len(good("t.txt")) == 2  # its first line tells


@pytest.mark.parametrize(
    ("name", "content", "place", "reason"),
    [
        ("t.csv", "id,text\n1,x\n", 1, "the first line names no column of paths"),
        ("t.tsv", "audio/a.wav\thello\n", 1, "the first line names no column of paths"),
        ("t.csv", "path,text\naudio/a.wav,x,y\n", 2, "3 cells, where the first line has 2"),
        ("t.csv", "path,text\naudio/a.wav\n", 2, "1 cells, where the first line has 2"),
        (
            "t.csv",
            'path,text\naudio/a.wav,"x\ny',
            2,
            "no row of a CSV table (unexpected end of data)",
        ),
        ("t.csv", 'path,text\naudio/a.wav,"x"y\n', 2, "no row of a CSV table"),
        ("t.csv", 'path,text\naudio/a.wav,"' + "x" * 200_000, 2, "field larger than field limit"),
        ("t.csv", "path,text\n,x\n", 2, "no path of a recording: it has 'path, text'"),
    ],
)
def test_tables_that_are_wrong(name, content, place, reason):
    write(name, content)
    where, why = wrong(name)
    assert where == f"{name}:{place}"
    assert reason in why


@pytest.mark.parametrize(
    ("row", "start", "duration", "channel"),
    [
        ({}, 0.0, None, None),
        ({"offset": 1.5, "duration": 2}, 1.5, 2.0, None),
        ({"offset": 0, "duration": 2}, 0.0, 2.0, None),
        ({"start": "1.5", "end": "2.25"}, 1.5, 0.75, None),
        ({"start_time": 1, "end_time": 2, "duration": 1.004}, 1.0, 1.0, None),
        ({"end": 2}, 0.0, 2.0, None),
        ({"begin": 1e-3, "dur": "2e0"}, 1e-3, 2.0, None),
        ({"start": 3}, 3.0, None, None),
        ({"start": None, "end": "", "channel": "1"}, 0.0, None, 1),
        ({"channel": 0}, 0.0, None, 0),
        ({"duration": 7.5}, 0.0, None, None),
    ],
)
def test_times_and_channels(row, start, duration, channel):
    rows("m.jsonl", {"id": "x", "audio_filepath": "audio/a.wav", **row})
    (item,) = good("m.jsonl")
    assert (item.start, item.duration, item.channel) == (start, duration, channel)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"start": -1, "end": 1}, "the start is -1, not a number of seconds from 0"),
        ({"offset": float("nan"), "duration": 1}, "the start is nan, not a number of seconds"),
        ({"offset": 0, "duration": float("inf")}, "the duration is inf, not a number of seconds"),
        ({"offset": 0, "duration": 10**400}, "not a number of seconds"),
        ({"offset": 0, "duration": -0.5}, "the duration is -0.5, not a number of seconds"),
        ({"duration": "long"}, "the duration is 'long', not a number of seconds"),
        ({"start": True}, "the start is True, not a number of seconds"),
        ({"start": [1]}, "the start is [1], not a number of seconds"),
        ({"start": "00:01:02"}, "the start is '00:01:02', not a number of seconds"),
        ({"start": 2, "end": 1}, "the end, 1.0 s, is not after the start, 2.0 s"),
        ({"start": 2, "end": 2}, "is not after the start"),
        ({"start": 0, "duration": 0}, "the duration is 0 s"),
        (
            {"start": 1, "end": 3, "duration": 1},
            "is not that from the start, 1.0 s, to the end, 3.0",
        ),
        ({"channel": -1}, "the channel is -1, not a number from 0"),
        ({"channel": 1.5}, "the channel is 1.5, not a number from 0"),
        ({"channel": "left"}, "the channel is 'left', not a number from 0"),
        ({"channel": [0, 1]}, "the channel is [0, 1], not a number from 0"),
    ],
)
def test_times_and_channels_that_are_none(row, reason):
    rows("m.jsonl", {"id": "x", "path": "audio/a.wav", **row})
    errors = []
    assert list(read_items("m.jsonl", on_error=errors.append)) == []
    assert (errors[0].place, errors[0].id) == ("m.jsonl:1", "x")
    assert reason in errors[0].reason


def test_parts_without_an_id_are_named_by_their_times():
    rows(
        "m.jsonl",
        {"path": "audio/a.wav"},
        {"path": "audio/a.wav", "offset": 0, "duration": 1.5},
        {"path": "audio/a.wav", "offset": 1.5, "duration": 2, "channel": 1},
        {"path": "audio/a.wav", "start": 3.5},
    )
    assert ids("m.jsonl") == [
        "audio/a",
        "audio/a-00000000-00001500",
        "audio/a-00001500-00003500-c1",
        "audio/a-00003500",
    ]


# JSON lines ---------------------------------------------------------------------------------------


def test_manifests_of_nemo():
    rows(
        "train.json",
        {"audio_filepath": "audio/a.wav", "duration": 1.5, "text": "grüß", "lang": "de"},
        {"audio_filepath": os.path.abspath("audio/b.flac"), "offset": 1, "duration": 2, "text": ""},
    )
    first, second = good("train.json")
    assert first.duration is None  # a note, often rounded
    assert first.extra == {"duration": 1.5, "text": "grüß", "lang": "de"}
    assert (second.start, second.duration, second.extra) == (1.0, 2.0, {"text": ""})
    os.rename("train.json", "train.jsonl")
    assert good("train.jsonl", kind="nemo") == good("train.jsonl")


def test_a_row_of_tarred_data_says_so():
    rows("m.json", {"audio_filepath": "x.wav", "duration": 1, "shard_id": 0})
    assert wrong("m.json")[1].endswith("if it is in a tar, give the tars as inputs")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{'path': 'x'}", "no JSON object in one line (Expecting property name"),
        ('{"path": "x"', "no JSON object in one line"),
        ('{"path": "x"} {"path": "y"}', "no JSON object in one line (Extra data"),
        ("7", "a JSON int, not an object"),
        ('{"a":' * 100_000, "no JSON object in one line (maximum recursion depth"),
        ('{"text": "x"}', "no path of a recording: it has 'text'"),
        (r'{"path": "/a\ud800.wav"}', "is no path"),
        ('{"path": 7}', "the path is 7, not a text"),
        ('{"path": ["a", "b"]}', "the path is ['a', 'b'], not a text"),
    ],
)
def test_lines_that_are_no_rows(content, reason):
    lines("m.jsonl", content)
    place, why = wrong("m.jsonl", kind="jsonl")
    assert place == "m.jsonl:1"
    assert reason in why


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[{"path": "audio/a.wav"},', "a JSON array: write one object a line (jq -c '.[]')"),
        ("[" * 100_000, "a JSON array: write one object a line (jq -c '.[]')"),
        ("{", "JSON over several lines: write one object a line (jq -c .)"),
    ],
)
@pytest.mark.parametrize("kind", [None, "jsonl", "lhotse"])
def test_json_that_is_not_one_object_a_line_is_one_error(content, reason, kind):
    lines("m.json", content, ' "path": "x",', '{"path": "audio/b.flac"}', "}")
    assert wrong("m.json", kind=kind) == ("m.json", reason)


def test_one_bad_line_is_one_error_among_items():
    lines(
        "m.jsonl",
        '{"id": "a", "path": "audio/a.wav"}',
        "{oops",
        "",
        '{"id": "c", "path": "audio/none.wav"}',
        '{"id": "d", "path": "audio/b.flac"}',
    )
    items, errors = read("m.jsonl")
    assert [item.id for item in items] == ["a", "d"]
    assert [place for place, _ in errors] == ["m.jsonl:2", "m.jsonl:4"]
    with pytest.raises(InputError, match=r"^m\.jsonl:2: no JSON object") as raised:
        list(read_items("m.jsonl"))
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.place) == (str(raised.value), "m.jsonl:2")


def test_what_on_error_raises_is_raised_once():
    lines("m.jsonl", "{oops")
    told = []

    def stop(error):
        told.append(error)
        raise InputError("enough")

    with pytest.raises(InputError, match=r"^enough$"):
        list(read_items("m.jsonl", on_error=stop))
    assert len(told) == 1


# Texts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["list.txt.gz", "list.txt"])
def test_texts_may_be_compressed_whatever_their_name(name):
    write(name, gzip.compress(b"audio/a.wav\n") + gzip.compress(b"audio/b.flac\n"))
    assert ids(name) == ["audio/a", "audio/b"]


def test_a_compressed_text_that_was_cut_short():
    random.seed(0)
    texts = [json.dumps({"id": str(random.random()), "path": "audio/a.wav"}) for _ in range(3000)]
    packed = gzip.compress("\n".join(texts).encode())
    write("m.jsonl.gz", packed[: len(packed) // 2])
    items, ((place, reason),) = read("m.jsonl.gz")
    assert 1000 < len(items) < 2000
    assert place == "m.jsonl.gz"
    assert "after line " in reason
    assert "end-of-stream marker" in reason


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (b"audio/caf\xe9.wav\n", "list.txt:1", "not in UTF-8: byte 10 is 0xe9"),
        ("audio/a.wav\n".encode("utf-16"), "list.txt", "a text in UTF-16: save it in UTF-8"),
        (b"", "list.txt", "nothing is in it"),
        (b"\n \r\n", "list.txt", "nothing is in it"),
        (b"x" * ((1 << 26) + 1), "list.txt:1", "a line longer than 64 MiB: no text file?"),
    ],
    ids=["latin-1", "utf-16", "empty", "blank", "long"],
)
def test_texts_that_are_none(content, place, reason):
    write("list.txt", content)
    assert wrong("list.txt") == (place, reason)


def test_standard_input(monkeypatch):
    def given(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    given(b"audio/a.wav\naudio/b.flac\n")
    assert [(item.id, item.place) for item in good("-")] == [
        ("audio/a", "standard input:1"),
        ("audio/b", "standard input:2"),
    ]
    given(b'{"path": "audio/a.wav", "start": 1}\n')
    assert ids("-") == ["audio/a-00001000"]
    assert not sys.stdin.buffer.closed
    given(b"")
    assert wrong("-") == ("standard input", "nothing is in it")
    given(b"x")
    assert wrong("-", kind="tar")[1].startswith("standard input has lines (list, tsv")


@pytest.mark.skipif(os.name == "nt", reason="needs named pipes")
def test_the_first_item_does_not_wait_for_the_last(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    go_on = threading.Event()

    def write():
        with open(pipe, "w") as file:
            file.write("audio/a.wav\naudio/b.flac\n")
            file.flush()
            assert go_on.wait(20)
            file.write("audio/sub/a.wav\n")

    writer = threading.Thread(target=write)
    writer.start()
    items = read_items(pipe)
    assert [next(items).id, next(items).id] == ["audio/a", "audio/b"]
    go_on.set()
    assert [item.id for item in items] == ["audio/sub/a"]
    writer.join()


def test_a_manifest_is_never_in_memory():
    row = {"path": os.path.abspath("audio/a.wav"), "duration": 1, "text": "some words " * 10}
    rows("m.jsonl", *({"id": f"utterance-{i}", **row} for i in range(20_000)))
    tracemalloc.start()
    try:
        assert sum(map(len, ordered_tasks(islice(read_items("m.jsonl"), 1)))) == 1
        first = tracemalloc.get_traced_memory()[1]
        assert sum(1 for _ in read_items("m.jsonl")) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert Path("m.jsonl").stat().st_size > 4 << 20
    assert peak - first < 18 * 20_000 + (1 << 16)  # what is kept of the ids


def test_a_file_is_what_it_contains():
    write("sound", b"\xff\xfb\x90\x64" + b"x" * 99)  # a frame of MP3
    write("noise.dat", b"fLaC\0")
    lines("names", "audio/a.wav")
    assert [item.audio for item in good("sound", "noise.dat", "names")] == [
        Path("sound"),
        Path("noise.dat"),
        Path("audio/a.wav"),
    ]


def test_arguments_that_are_wrong():
    with pytest.raises(ValueError, match="kind='x' is unknown; accepted: \"audio\""):
        read_items("audio", kind="x")
    with pytest.raises(ValueError, match="ids='x' is unknown"):
        read_items("audio", ids="x")
    with pytest.raises(ValueError, match="are parts of one input; got 2"):
        read_items(["audio", "x"], segments="segments")


# Kaldi --------------------------------------------------------------------------------------------


def test_a_script_file_names_recordings():
    write("my.scp", "r1 audio/a.wav\nr2\taudio/two words.wav \r\n  r3   audio/b.flac\n")
    lines("segments", "u r1 0 1")  # beside it, but not of it
    assert good("my.scp") == [
        Item("r1", Path("audio/a.wav"), place="my.scp:1"),
        Item("r2", Path("audio/two words.wav"), place="my.scp:2"),
        Item("r3", Path("audio/b.flac"), place="my.scp:3"),
    ]
    assert [item.place for item in good("my.scp", segments="segments")] == ["segments:1"]


@pytest.fixture
def data():
    """A data folder of two recordings and four segments."""
    lines("data/wav.scp", "r1 audio/a.wav", "r2 audio/b.flac")
    lines("data/segments", "u1 r1 0.5 1.25", "u2 r1 2 -1.00", "u3  r2\t0 1.5 1", "u4 r2 3 4")
    lines("data/reco2file_and_channel", "r1 r1 A", "r2 call B")
    lines("data/text", "u1 hello  there", "u3 x", "u4 ")
    lines("data/utt2spk", "u1 s1", "u2 s1", "u3 s2", "u4 s2")


@pytest.mark.parametrize("name", ["data", "data/wav.scp"])
def test_a_data_folder(data, name):
    assert good(name) == [
        Item(id, Path("audio", file), start, duration, channel, f"data/segments:{i}", extra, 0.5)
        for i, (id, file, start, duration, channel, extra) in enumerate(
            (
                ("u1", "a.wav", 0.5, 0.75, 0, said("hello  there", "s1")),
                ("u2", "a.wav", 2.0, None, 0, {"speaker": "s1"}),
                ("u3", "b.flac", 0.0, 1.5, 1, said("x", "s2")),
                ("u4", "b.flac", 3.0, 1.0, 1, said("", "s2")),
            ),
            1,
        )
    ]
    os.remove("data/segments")
    assert [(item.id, item.channel) for item in good(name)] == [("r1", 0), ("r2", 1)]


def said(text, speaker):
    return {"text": text, "speaker": speaker}


def test_segments_in_any_order_find_their_recordings(data):
    expected = {item.id: item.audio for item in good("data")}
    for packed in (False, True):
        lines("data/segments", "u4 r2 3 4", "u1 r1 0 1", "u9 r9 0 1", "u3 r2 0 1", "u2 r1 0 1")
        if packed:
            scp = Path("data/wav.scp")
            scp.write_bytes(gzip.compress(scp.read_bytes()))
        items, errors = read("data")
        assert [item.id for item in items] == ["u4", "u1", "u3", "u2"]
        assert {item.id: item.audio for item in items} == expected
        assert errors == [("data/segments:3", f"no recording 'r9' in {Path('data/wav.scp')}")]


def test_recordings_that_were_cut_short_are_told(data):
    scp = Path("data/wav.scp")
    scp.write_bytes(gzip.compress(scp.read_bytes())[:-12])
    lines("data/segments", "u4 r2 3 4", "u1 r1 0 1")
    items, errors = read("data")
    assert len(items) < 2
    assert errors[0][0] == str(scp)
    assert "cannot be read on after line" in errors[0][1]
    assert errors[-1] == ("data/segments:2", f"no recording 'r1' in {scp}") or len(items) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("u1 r1 1", "3 words, not segment, recording, start, end"),
        ("u1 r1 1 2 0 9", "6 words, not segment, recording, start, end"),
        ("u1 r1 -1 2", "the start is '-1', not a number of seconds from 0"),
        ("u1 r1 nan 2", "the start is 'nan', not a number of seconds"),
        ("u1 r1 2 1", "the end, '1' s, is not after the start, '2' s"),
        ("u1 r1 1 -2", "the end is '-2', not a number of seconds from 0"),
        ("u1 r1 1 2 A", "the channel is 'A', not a number from 0"),
    ],
)
def test_segments_that_are_wrong(data, line, reason):
    lines("data/segments", line)
    place, why = wrong("data")
    assert place == "data/segments:1"
    assert reason in why


def test_commands_are_not_run(data):
    lines("data/wav.scp", "r1 sph2pipe -f wav x.sph |", "r2 audio/b.flac", "r3")
    items, errors = read("data")
    assert [item.id for item in items] == ["u3", "u4"]
    assert [place for place, _ in errors] == ["data/segments:1", "data/segments:2"]
    assert "the recording 'r1' is a command, which is not run: run it once" in errors[0][1]
    assert wrong("data/wav.scp", segments="nowhere") == (
        "nowhere",
        f"cannot be read ({os.strerror(2)})",
    )


def test_channels_that_are_no_names(data):
    lines("data/reco2file_and_channel", "r1 r1 0", "r2 r2 2")
    items, errors = read("data")
    assert [item.channel for item in items] == [1, 1]
    assert errors[0][1].startswith("the channel of 'r1' is '0', not A, B, … or 1, 2, …")


def test_recordings_in_an_archive(here):
    wav = b"RIFF" + (92).to_bytes(4, "little") + b"WAVE" + b"x" * 88
    write("wav.ark", b"r1 " + wav + b"r2 " + wav)
    lines("my.scp", "r1 wav.ark:3", "r2 wav.ark:106", "r3 wav.ark:5")
    items, errors = read("my.scp")
    assert [item.audio for item in items] == [
        Slice(Path("wav.ark"), 3, 100, "wav.ark:3"),
        Slice(Path("wav.ark"), 106, 100, "wav.ark:106"),
    ]
    assert errors == [("my.scp:3", "wav.ark has no WAV file at 5: others say not where they end")]


# Lhotse -------------------------------------------------------------------------------------------


def recording(id, *sources, **more):
    sources = [{"type": "file", "channels": channels, "source": path} for path, channels in sources]
    return {
        "id": id,
        "sources": sources,
        "sampling_rate": 16000,
        "num_samples": 16000,
        "duration": 1.0,
        "channel_ids": sorted(c for source in sources for c in source["channels"]),
        **more,
    }


MONO = recording("r", ("audio/a.wav", [0]))
STEREO = recording("s", ("audio/b.flac", [0, 1]))
APART = recording("t", ("audio/a.wav", [0]), ("audio/b.flac", [1, 3]))


def cut(of, channel, **more):
    row = {"id": "c", "start": 0.25, "duration": 0.5, "channel": channel, "supervisions": []}
    kind = "MultiCut" if isinstance(channel, list) else "MonoCut"
    return {**row, "recording": of, "type": kind, **more}


def test_recordings_of_lhotse():
    rows("r.jsonl", MONO, STEREO, APART)
    items, errors = read("r.jsonl")
    assert items == [
        Item("r", Path("audio/a.wav"), place="r.jsonl:1"),
        Item("s", Path("audio/b.flac"), place="r.jsonl:2"),
    ]
    assert errors[0][0] == "r.jsonl:3"
    assert errors[0][1].startswith("no file has all channels, and those alone: name one channel")


@pytest.mark.parametrize(
    ("of", "channel", "path", "expected"),
    [
        (MONO, 0, "audio/a.wav", 0),
        (MONO, [0], "audio/a.wav", 0),
        (STEREO, 0, "audio/b.flac", 0),
        (STEREO, 1, "audio/b.flac", 1),
        (STEREO, [0, 1], "audio/b.flac", None),
        (STEREO, [1], "audio/b.flac", 1),
        (APART, 0, "audio/a.wav", 0),
        (APART, 3, "audio/b.flac", 1),
        (APART, [1, 3], "audio/b.flac", None),
    ],
)
def test_cuts_name_a_file_and_its_channel(of, channel, path, expected):
    more = {"supervisions": [{"id": "x", "text": "ü"}], "custom": {"snr": 3}}
    rows("c.jsonl", cut(of, channel, **more))
    assert good("c.jsonl") == [Item("c", Path(path), 0.25, 0.5, expected, "c.jsonl:1", more)]


SPEED = {"name": "Speed", "kwargs": {"factor": 0.9}}
URL = {"type": "url", "channels": [0], "source": "https://example.org/a.wav"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (cut(STEREO, 2), "no file has channels [2]"),
        (cut(APART, [0, 1]), "no file has channels [0, 1], and those alone"),
        ({"id": "m", "tracks": [], "type": "MixedCut"}, "a mix of cuts: store its samples first"),
        (cut(None, 0, type="PaddingCut"), "a cut of padding, which has no recording"),
        (cut(None, 0), "a cut without a recording"),
        (cut(MONO, 0, start=-1), "the start is -1, not a number of seconds"),
        (cut(MONO, 0, duration=0), "the duration is 0 s"),
        (cut(MONO, 0, duration=None), "the duration is None, not a number of seconds"),
        (cut({**MONO, "transforms": [SPEED]}, 0), "'Speed' on reading: store the samples first"),
        (cut({**MONO, "sources": [URL]}, 0), "a source of the type 'url', not 'file'"),
        (cut({**MONO, "sources": []}, 0), "a recording without sources"),
        (cut({**MONO, "sources": [7]}, 0), "not as Lhotse writes it"),
        (cut(recording("r", ("gone.wav", [0])), 0), "there is no 'gone.wav'"),
        (
            {"num_features": 80, "id": "f"},
            "neither a recording nor a cut: it has 'num_features, id'",
        ),
        ({"supervisions": []}, "no id"),
    ],
)
def test_rows_of_lhotse_that_are_no_items(row, reason):
    rows("c.jsonl", row)
    place, why = wrong("c.jsonl")
    assert place == "c.jsonl:1"
    assert reason in why


def test_another_rate_on_reading_is_left_to_us():
    step = {"name": "Resample", "kwargs": {"source_sampling_rate": 16000}}
    rows("c.jsonl", cut({**MONO, "transforms": [step]}, 0))
    assert good("c.jsonl") == [Item("c", Path("audio/a.wav"), 0.25, 0.5, 0, "c.jsonl:1")]


def supervision(id, of, start, channel=0, **more):
    row = {"id": id, "recording_id": of, "start": start, "duration": 0.5, "channel": channel}
    return {**row, **more}


@pytest.mark.parametrize("packed", [False, True])
def test_supervisions_are_parts_of_recordings(packed):
    path = rows("r.jsonl", MONO, STEREO, APART)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    said = {"text": "x", "speaker": "y", "language": "z"}
    rows(
        "s.jsonl",
        supervision("1", "s", 0.5, 1, **said),
        supervision("2", "r", 0, alignment={}),
        supervision("3", "s", 0),
        supervision("4", "q", 0),
    )
    items, errors = read("r.jsonl", segments="s.jsonl")
    assert items == [
        Item("1", Path("audio/b.flac"), 0.5, 0.5, 1, "s.jsonl:1", said),
        Item("2", Path("audio/a.wav"), 0.0, 0.5, 0, "s.jsonl:2"),
        Item("3", Path("audio/b.flac"), 0.0, 0.5, 0, "s.jsonl:3"),
    ]
    assert errors == [("s.jsonl:4", "no recording 'q' in r.jsonl")]
    assert wrong("s.jsonl") == (
        "s.jsonl",
        "supervisions: give their recordings as the input, and this file as segments",
    )
    assert "not of a folder" in wrong("audio", segments="s.jsonl")[1]


def test_what_lhotse_itself_writes(here):
    lhotse = pytest.importorskip("lhotse")
    pytest.importorskip("torch")
    from recordings import make

    for i in range(3):
        make(Path(f"wav/r{i}.wav"), seed=i)
    recordings = lhotse.RecordingSet.from_dir("wav", "*.wav")
    supervisions = lhotse.SupervisionSet.from_segments(
        lhotse.SupervisionSegment(f"{r.id}-{j}", r.id, j / 8, 0.125, 0, text="ü")
        for r in recordings
        for j in range(2)
    )
    cuts = lhotse.CutSet.from_manifests(recordings=recordings, supervisions=supervisions)
    recordings.to_file("r.jsonl.gz")
    supervisions.to_file("s.jsonl.gz")
    cuts.to_file("c.jsonl.gz")
    cuts.trim_to_supervisions(keep_overlapping=False).to_file("t.jsonl")
    assert ids("r.jsonl.gz") == [r.id for r in recordings]
    parts = good("r.jsonl.gz", segments="s.jsonl.gz")
    trimmed = good("t.jsonl")
    for items in (parts, trimmed):
        assert [(i.id, i.audio, i.start, i.duration, i.channel) for i in items] == [
            (s.id, Path(f"wav/{s.recording_id}.wav"), s.start, 0.125, 0) for s in supervisions
        ]
    assert parts[0].extra == {"text": "ü"}
    assert trimmed[0].extra["supervisions"][0]["text"] == "ü"
    for item, cut in zip(good("c.jsonl.gz"), cuts, strict=True):
        assert (item.id, item.start, item.duration) == (cut.id, cut.start, cut.duration)
    lhotse.CutSet.from_cuts([c.pad(duration=9) for c in cuts]).to_file("m.jsonl")
    assert len(read("m.jsonl")[1]) == 3
    lhotse.kaldi.export_to_kaldi(recordings, supervisions, "kaldi")
    assert sorted(ids("kaldi")) == sorted(s.id for s in supervisions)


# Archives -----------------------------------------------------------------------------------------


def packed(path, members, mode="w", **options):
    with tarfile.open(path, mode, **options) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return Path(path)


MEMBERS = [
    ("a/1.flac", b"fLaC" * 300),
    ("a/1.json", b'{"speaker": "s", "text": "from json"}'),
    ("a/1.txt", "grüß\n".encode()),
    ("a/._2.wav", b"resource fork"),
    ("__meta__.json", b"{}"),
    ("2.5.wav", b"RIFF" * 999),
    ("2.json", b"no json"),
    ("n" * 120 + ".MP3", b"ID3"),
    ("notes.md", b"x"),
]
NAMES = ["a/1", "2.5", "n" * 120]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_of_an_archive_are_where_they_are(form):
    members = MEMBERS if form != tarfile.USTAR_FORMAT else MEMBERS[:-2]
    path = packed("x.tar", members, format=form)
    items = good("x.tar")
    assert [item.id for item in items] == NAMES[: len(items)]
    content = path.read_bytes()
    by_name = dict(members)
    for item in items:
        at = item.audio
        assert content[at.offset : at.offset + at.size] == by_name[at.name]
        assert item.place == f"x.tar:{at.name}"
    assert items[0].extra == {"speaker": "s", "text": "grüß"}
    assert items[1].extra == {}
    assert ids("x.tar", ids="suffix")[0] == "a/1.flac"
    assert ids("x.tar", ids="prefix")[0] == "x/a/1"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_archives_give_bytes(pack):
    path = packed("x.tar", MEMBERS)
    write("x.tgz", pack(path.read_bytes()))
    items = good("x.tgz")
    assert [item.id for item in items] == NAMES
    assert items[0].audio == Bytes("x.tgz:a/1.flac", b"fLaC" * 300)
    assert items[0].extra == {"speaker": "s", "text": "grüß"}
    whole = Path("x.tgz").read_bytes()
    write("cut.tgz", whole[: len(whole) // 2])
    items, errors = read("cut.tgz")
    assert len(items) < 3
    assert "a tar archive that was cut short or damaged" in errors[0][1]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="needs a user other than root, who reads anything",
)
@pytest.mark.parametrize("name", ["x.tar", "x.tgz", "x.txt", "x.scp", "x"])
def test_files_that_may_not_be_read(name):
    write(name, b"x").chmod(0)
    place, reason = wrong(name)
    assert place == name
    assert "ermission denied" in reason


@pytest.mark.parametrize("size", [0, 100, 512, 1024, 3000, -10240, -1024, -512])
def test_an_archive_that_was_cut_short_is_told_before_its_items(size):
    whole = packed("x.tar", MEMBERS).read_bytes()
    end = whole.rstrip(b"\0")
    write("cut.tar", whole[:size] if size >= 0 else whole[: len(end) // 512 * 512 + 512])
    assert wrong("cut.tar", kind="tar") == (
        "cut.tar",
        "a tar archive that was cut short or damaged (no blocks of zeros end it)",
    )


def test_a_damaged_archive_is_told_where_it_is_damaged():
    content = bytearray(packed("x.tar", MEMBERS).read_bytes())
    at = content.index(b"2.json")
    content[at : at + 99] = b"\xff" * 99
    write("x.tar", bytes(content))
    items, errors = read("x.tar")
    assert [item.id for item in items] == ["a/1", "2.5"]
    assert errors == [
        ("x.tar", "a tar archive that was cut short or damaged (no header after '2.5.wav')")
    ]


def test_joined_archives_are_read_to_the_end():
    first = packed("1.tar", [("x.wav", b"1")]).read_bytes()
    second = packed("2.tar", [("y.wav", b"22")]).read_bytes()
    write("both.tar", first + second)
    write("both.tgz", gzip.compress(first) + gzip.compress(second))
    assert ids("both.tar") == ids("both.tgz") == ["x", "y"]


def test_members_of_a_sample_that_are_apart_lose_their_text_which_is_told():
    packed("x.tar", [("1.wav", b"1"), ("2.wav", b"2"), ("1.txt", b"one"), ("2.txt", b"two")])
    items = read_items("x.tar")
    assert [(item.id, item.extra) for item in items] == [("1", {}), ("2", {})]
    (words,) = items.left_out()
    assert words.startswith("2 texts left out: no audio beside them in the archive (tar --sort")


def test_archives_whose_names_are_alike():
    packed("1.tar", [("x.wav", b"1")])
    packed("2.tar", [("x.wav", b"2")])
    items, errors = read("1.tar", "2.tar")
    assert len(items) == 1
    assert errors[0][0] == "2.tar:x.wav"
    assert ids("1.tar", "2.tar", ids="prefix") == ["1/x", "2/x"]
    packed("3.tar", [("../x.wav", b"1"), ("/etc/x.wav", b"2")])
    assert [id.endswith("/x") and ".." not in id for id in ids("3.tar")] == [True, True]
    packed("4.tar", [])
    assert wrong("4.tar") == ("4.tar", "nothing is in it")


def test_an_archive_of_many_members_is_read_as_a_stream(monkeypatch):
    opened = []
    monkeypatch.setattr(
        "fastmel.corpus._inputs.tars.tarfile.open",
        lambda *args, **options: opened.append(TAR_OPEN(*args, **options)) or opened[-1],
    )
    packed("x.tar", ((f"{i}.wav", b"") for i in range(3000)))
    stream = read_items("x.tar")
    assert len(list(islice(stream, 2000))) == 2000
    assert len(opened[-1].members) <= 1
    assert len(list(stream)) == 1000


TAR_OPEN = tarfile.open


def test_what_webdataset_writes():
    webdataset = pytest.importorskip("webdataset")
    with webdataset.TarWriter("w.tar") as writer:
        for i in range(3):
            row = {"__key__": f"d/{i}", "wav": b"RIFF" * i, "txt": f"text {i}", "json": {"n": i}}
            writer.write(row)
    items = good("w.tar")
    assert [item.id for item in items] == ["d/0", "d/1", "d/2"]
    assert [item.audio.size for item in items] == [0, 4, 8]
    assert items[2].extra == {"n": 2, "text": "text 2"}


# Parquet ------------------------------------------------------------------------------------------


@pytest.fixture
def table():
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")

    def make(name, columns, **options):
        pq.write_table(pa.table(columns), name, **options)
        return name

    return make


def test_audio_in_parquet(table):
    cells = [
        {"bytes": b"RIFF1", "path": "x.wav"},
        {"bytes": b"RIFF2", "path": None},
        {"bytes": None, "path": "audio/a.wav"},
        {"bytes": None, "path": None},
    ]
    columns = {"audio": cells, "text": ["ä", "b", "c", "d"], "image": [b"png"] * 4}
    table("p.parquet", {**columns, "snr": [1.5, float("nan"), None, 2]})
    items, errors = read("p.parquet")
    assert items == [
        Item("x", Bytes("p.parquet:x.wav", b"RIFF1"), place="p.parquet:1", extra=about("ä", 1.5)),
        Item(
            "p-00000002",
            Bytes("p.parquet:p-00000002", b"RIFF2"),
            place="p.parquet:2",
            extra={"text": "b"},
        ),
        Item("audio/a", Path("audio/a.wav"), place="p.parquet:3", extra=about("c", None)),
    ]
    assert errors == [("p.parquet:4", "neither bytes nor a path in 'audio'")]


def about(text, snr):
    return {"text": text, "snr": snr}


def test_parts_and_plain_columns_in_parquet(table):
    table("p.parquet", {"id": [7, 8], "wav": [b"RIFF"] * 2, "start": [0.5, 1], "end": ["1", "3"]})
    assert [(i.id, i.start, i.duration) for i in good("p.parquet")] == [
        ("7", 0.5, 0.5),
        ("8", 1, 2),
    ]
    table("p.parquet", {"path": ["audio/a.wav"], "duration": [1.5]})
    assert good("p.parquet") == [
        Item("audio/a", Path("audio/a.wav"), place="p.parquet:1", extra={"duration": 1.5})
    ]


def test_parquet_that_has_no_audio_or_was_cut_short(table):
    table("p.parquet", {"x": [1]})
    assert wrong("p.parquet")[1].startswith("no column of audio (a struct of bytes and path")
    content = Path("p.parquet").read_bytes()
    write("cut.parquet", content[:-20])
    place, reason = wrong("cut.parquet")
    assert place == "cut.parquet"
    assert reason.startswith("no whole Parquet file (Parquet magic bytes not found in footer")


def test_damaged_pages_of_parquet(table):
    cells = [{"bytes": os.urandom(5000), "path": f"{i}.wav"} for i in range(100)]
    table("p.parquet", {"audio": cells}, row_group_size=10, compression="zstd")
    content = bytearray(Path("p.parquet").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 9000] = b"\xff" * 9000
    write("p.parquet", bytes(content))
    items, errors = read("p.parquet")
    assert len(items) < 100
    assert "cannot be read on after row" in errors[0][1]


def test_what_datasets_writes(here):
    datasets = pytest.importorskip("datasets")
    from datasets.table import embed_table_storage

    files = {"audio": ["audio/a.wav", "audio/b.flac"], "text": ["x", "y"]}
    made = datasets.Dataset.from_dict(files).cast_column("audio", datasets.Audio())
    made.to_parquet("paths.parquet")
    assert ids("paths.parquet") == ["audio/a", "audio/b"]
    made.with_format("arrow").map(embed_table_storage, batched=True).to_parquet("bytes.parquet")
    (first, second) = good("bytes.parquet")
    assert (first.id, first.audio.data, first.extra) == ("a", b"RIFF\0", {"text": "x"})
    assert second.audio.name == "bytes.parquet:b.flac"


# The order of a job -------------------------------------------------------------------------------


def items(*parts):
    return [Item(id, Path(path), start) for id, path, start in parts]


def test_parts_of_a_recording_come_together_in_order():
    a, b, c, d, e = items(
        ("1", "x", 2.0), ("3", "x", 1.0), ("2", "x", 1.0), ("4", "y", 0.0), ("5", "x", 0.0)
    )
    assert list(ordered_tasks([a, b, c, d, e])) == [[c, b, a], [d], [e]]
    assert list(ordered_tasks([])) == []


def test_a_task_has_256_items_and_a_recording_is_gone_through_once():
    starts = list(range(2000))
    random.Random(0).shuffle(starts)
    tasks = list(ordered_tasks(items(*((str(s), "x", float(s)) for s in starts))))
    assert [len(task) for task in tasks] == [256] * 7 + [208]
    assert [item.start for task in tasks for item in task] == list(range(2000))


def test_recordings_in_memory_are_told_apart_without_comparing_them():
    data = b"x" * 100
    other = bytes(bytearray(data))
    parts = [Item("1", Bytes("x", data)), Item("2", Bytes("x", data)), Item("3", Bytes("x", other))]
    assert [len(task) for task in ordered_tasks(parts)] == [2, 1]


def test_tasks_are_read_as_they_are_asked_for():
    def endless():
        n = 0
        while True:
            yield Item(str(n), Path(str(n // 3)))
            n += 1

    assert [len(task) for task in islice(ordered_tasks(endless()), 4)] == [3, 3, 3, 3]
