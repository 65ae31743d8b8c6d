"""What a corpus is read from: files, folders, patterns and manifests, as a stream of items."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..._base.checks import brief, choice
from ..._base.public import publish
from .._item import Item, listed
from .errors import InputError, Wrong
from .folders import is_pattern, matches, suffixes
from .ids import Seen, check_id
from .kinds import KINDS
from .one import items_of
from .reading import Reading

__all__ = ["InputError", "Items", "read_items", "suffixes"]


class Items(Iterator[Item]):
    """The items of inputs, read as they are asked for: what :func:`read_items` returns."""

    def __init__(self, stream: Iterator[Item], how: Reading) -> None:
        self._stream = stream
        self._how = how

    def __next__(self) -> Item:
        return next(self._stream)

    def left_out(self) -> list[str]:
        """Return words for what folders had and was left out so far, and what brings it in."""
        return self._how.left_out.words()


def read_items(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    kind: str | None = None,
    segments: str | os.PathLike[str] | None = None,
    recursive: bool = True,
    ids: str = "auto",
    root: str | os.PathLike[str] | None = None,
    on_error: Callable[[InputError], object] | None = None,
) -> Items:
    r"""Read what a corpus is made of, as a stream: a manifest of any length in constant memory.

    Parameters
    ----------
    inputs : str, path-like, or iterable of these
        In their order, each once:

        - a file of audio, or a folder, of which all files are taken whose suffix is one of audio,
          sorted, without hidden ones;
        - a pattern, such as ``corpus/*/wav/*.flac``, if no file is called so; ``**`` goes through
          all folders;
        - a list of one path a line; a table (``.tsv``, ``.csv``) with names in its first line;
          JSON lines, such as NeMo's manifests;
        - a data folder of Kaldi, or its ``wav.scp``: with ``segments``, ``reco2file_and_channel``,
          ``text`` and ``utt2spk`` if they are there;
        - recordings or cuts of Lhotse, in JSON lines;
        - a tar archive of audio (WebDataset), compressed or not; a Parquet file with audio
          (Hugging Face datasets);
        - ``"-"``: lines of any such kind from standard input.

        Texts are in UTF-8, and may be compressed with gzip.
    kind : str, optional
        What the inputs are: ``"audio"``, ``"folder"``, ``"list"``, ``"tsv"``, ``"csv"``,
        ``"jsonl"``, ``"nemo"``, ``"kaldi"``, ``"lhotse"``, ``"tar"`` or ``"parquet"``. Without it
        suffix and content tell.
    segments : path-like, optional
        Which parts to take of the recordings of the only input: Kaldi's ``segments`` for a
        ``wav.scp``, Lhotse's supervisions for recordings.
    recursive : bool, default True
        Descend into subfolders.
    ids : {"auto", "suffix", "prefix"}, default "auto"
        How items are named that have no id of their own: by the path of the file, in a folder or a
        pattern by what is below its fixed part, without the suffix. A part of a recording gets its
        start and end in milliseconds, and its channel. "suffix" keeps the suffix; "prefix" puts the
        path of the input before every id, so that those of several inputs are apart.
    root : path-like, optional
        Where relative paths in manifests begin. Without it that is the manifest's folder if the
        file is there, else the current folder (as in NeMo).
    on_error : callable, optional
        Takes an `InputError` for every input, line or row that names no item; if it returns,
        reading goes on with the next. Without it the first one is raised.

    Returns
    -------
    Items
        An iterator over :class:`Item`.

    Raises
    ------
    InputError
        If something is wrong with an input; missing ones are told at once, the rest when it is met.
    ValueError
        If `kind` or `ids` is unknown, or `segments` comes with several inputs.

    Notes
    -----
    Columns and fields are found by their usual names: id (also utt_id, key, …), audio_filepath
    (path, audio, file_name, wav, …), start (offset), end, duration, channel; what else is there
    becomes the item's `extra`. Times are in seconds, and may be written as texts. A duration
    without a start or an end is taken for a note of the recording's length, as in NeMo's manifests.

    Ids are relative paths: not empty, without "." or ".." as a part, without control characters.
    That an id comes twice is found with 64 bits of each, 10 to 15 bytes an item.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fastmel.corpus import read_items
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "talk.flac").write_bytes(b"")
    >>> manifest = folder / "parts.csv"
    >>> _ = manifest.write_text("id,path,start,end\nhello,talk.flac,0.5,1.25\n")
    >>> for item in read_items(manifest):
    ...     print(item.id, item.audio.name, item.start, item.duration)
    hello talk.flac 0.5 0.75
    """
    names = listed("inputs", inputs)
    if segments is not None and len(names) != 1:
        raise ValueError(f"segments={brief(segments)} are parts of one input; got {len(names)}")
    if kind is not None:
        choice("kind", kind, KINDS)
    choice("ids", ids, _IDS)
    how = Reading(
        on_error=on_error or _raise,
        kind=kind,
        segments=None if segments is None else Path(segments),
        recursive=recursive,
        keep_suffix=ids == "suffix",
        prefixed=ids == "prefix",
        root=None if root is None else Path(root),
    )
    present = list(_present([os.fspath(name) for name in names], how))
    return Items(_unique(_read(present, how), how, several=len(present) > 1), how)


_IDS = ("auto", "suffix", "prefix")


def _raise(error: InputError) -> None:
    raise error


def _present(names: Iterable[str], how: Reading) -> Iterator[str]:
    """Yield the inputs that are there, each once."""
    before = set()
    for name in names:
        if name != "-" and not os.path.lexists(name):
            if not is_pattern(name):
                how.failed(Wrong("no such file or folder", name))
                continue
            if next(matches(name), None) is None:
                how.failed(Wrong("no file or folder matches", name))
                continue
        same = name if name == "-" else os.path.realpath(name)
        if same not in before:
            before.add(same)
            yield name


def _read(names: Iterable[str], how: Reading) -> Iterator[Item]:
    for name in names:
        if name == "-" or os.path.lexists(name):
            yield from items_of(None if name == "-" else Path(name), "", how)
        else:
            for path, below in matches(name):
                yield from items_of(path, below, how)


def _unique(items: Iterator[Item], how: Reading, *, several: bool) -> Iterator[Item]:
    """Yield items whose names are names, and new."""
    seen = Seen()
    for item in items:
        place = item.place or str(item.audio)
        try:
            check_id(item.id)
        except Wrong as error:
            how.failed(Wrong(error.reason, place, item.id))
            continue
        if seen.add(item.id):
            yield item
        else:
            how.failed(Wrong(_repeated(item, several), place, item.id))


def _repeated(item: Item, several: bool) -> str:
    ways = []
    if not item.place:
        ways.append("ids='suffix', --ids suffix, keeps the suffixes of files")
    if several:
        ways.append("ids='prefix', --ids prefix, tells those of several inputs apart")
    advice = f" ({'; '.join(ways)})" if ways else ""
    return (
        f"the id {brief(item.id)} came before; it names an array of features, and comes once"
        + advice
    )


publish("fastmel.corpus", [InputError, read_items])
