"""What ``fastmel extract`` is to do: recordings, and where their features go."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import click

from ._text import count

# Only in folders does the suffix decide. What libsndfile reads, and what FFmpeg (PyAV) does.
_SNDFILE = frozenset(
    ".aif .aifc .aiff .au .caf .flac .mp3 .nist .oga .ogg .opus .rf64 .snd .sph .w64 .wav".split()
)
_FFMPEG = frozenset(
    ".3gp .aac .ac3 .amr .ape .avi .m4a .m4b .mka .mkv .mov .mp2 .mp4 .weba .webm .wma .wv".split()
)


@dataclass(frozen=True)
class Item:
    """A recording and where its features go."""

    source: Path
    target: Path


@dataclass
class Plan:
    """Items, and what was met on the way to them.

    Attributes
    ----------
    items : list of Item
        In the order of the inputs, sorted inside folders.
    unread : Counter of str
        How many files in folders have a suffix that only an extra reads.
    links : int
        How many folders are links, which are not entered.
    closed : list of OSError
        Folders that could not be listed.
    """

    items: list[Item] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    links: int = 0
    closed: list[OSError] = field(default_factory=list)

    def left_out(self) -> list[str]:
        """Return words for what was left out, and what would bring it in."""
        words = []
        if self.unread:
            kinds = ", ".join(f"{n:,} {suffix}" for suffix, n in sorted(self.unread.items()))
            words.append(f'{kinds} left out: pip install "fastmel[av]" reads them')
        if self.links:
            words.append(f"{count(self.links, 'folder')} left out: links; name them to have them")
        return words


def suffixes() -> frozenset[str]:
    """Return the suffixes that count as audio in folders, with what is installed."""
    return _SNDFILE | _FFMPEG if find_spec("av") else _SNDFILE


def is_array(output: Path, inputs: Sequence[Path]) -> bool:
    """Tell whether an output is one array's name, not a folder."""
    return output.suffix == ".npy" and len(inputs) == 1 and not inputs[0].is_dir()


def plan(
    inputs: Sequence[Path], output: Path, *, recursive: bool = True, keep_suffix: bool = False
) -> Plan:
    """Pair every input file with its output.

    Parameters
    ----------
    inputs : sequence of Path
        Files (of any name) and folders (searched for the suffixes of audio files).
    output : Path
        Folder, or, for one input that is not a folder, a name that ends in ``.npy``.
    recursive : bool, default True
        Descend into subfolders.
    keep_suffix : bool, default False
        Append ``.npy`` to the whole name instead of replacing the suffix.

    Returns
    -------
    Plan
        Each source once.

    Raises
    ------
    click.UsageError
        If the output cannot be a folder, or two sources have one target.
    """
    if is_array(output, inputs):
        return Plan([Item(inputs[0], output)])
    if output.exists() and not output.is_dir():
        raise click.UsageError(f"{output} exists and is not a folder")
    if output.suffix == ".npy" and not output.exists():
        raise click.UsageError(
            f"{output} would be one file: folders and several inputs need a folder"
        )
    made = Plan()
    sources: dict[Path, Path] = {}
    for source, relative in _found(inputs, recursive, made):
        name = f"{relative.name if keep_suffix else relative.stem}.npy"
        item = Item(source, output / relative.with_name(name))
        if _is_new(item, sources):
            made.items.append(item)
    return made


def _found(inputs: Sequence[Path], recursive: bool, made: Plan) -> Iterator[tuple[Path, Path]]:
    """Yield every source, and its path below what was given."""
    known = suffixes()
    for place in inputs:
        if not place.is_dir():
            yield place, Path(place.name)
            continue
        for path in _visible(place, recursive, made):
            suffix = path.suffix.lower()
            if suffix in known:
                yield path, path.relative_to(place)
            elif suffix in _FFMPEG:
                made.unread[suffix] += 1


def _visible(folder: Path, recursive: bool, made: Plan) -> Iterator[Path]:
    """Walk a folder in sorted order, past hidden files and folders."""
    for parent, folders, files in os.walk(folder, onerror=made.closed.append):
        folders[:] = sorted(f for f in folders if recursive and not f.startswith("."))
        made.links += sum(os.path.islink(os.path.join(parent, f)) for f in folders)
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))


def _is_new(item: Item, sources: dict[Path, Path]) -> bool:
    """Tell whether an item is no repetition; two sources with one target are an error."""
    other = sources.setdefault(item.target, item.source)
    if other is item.source:
        return True
    if other.resolve() == item.source.resolve():
        return False
    same_folder = other.parent.resolve() == item.source.parent.resolve()
    advice = "--keep-suffix tells" if same_folder else "separate -o folders tell"
    raise click.UsageError(
        f"{other} and {item.source} would both become {item.target}: {advice} them apart"
    )
