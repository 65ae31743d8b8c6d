"""``fastmel.extract``: features of a corpus."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._base.public import publish
from ._progress import Summary, Watch, watch_for
from ._run import Run
from ._settings import Settings

if TYPE_CHECKING:
    from .._engine.config import MelConfig
    from .._frontend.frontend import FrontEnd


def extract(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    frontend: str | MelConfig | FrontEnd = "librosa",
    *,
    sr: int | None = None,
    format: str | None = None,
    compression: str | None = None,
    dtype: str | None = None,
    channel: int | None = None,
    resample_quality: str | None = None,
    max_duration: float | None = None,
    kind: str | None = None,
    segments: str | os.PathLike[str] | None = None,
    recursive: bool = True,
    ids: str = "auto",
    root: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    shard: tuple[int, int] = (0, 1),
    shard_items: int | None = None,
    shard_bytes: int | None = None,
    overwrite: bool = False,
    strict: bool = False,
    keep_going: bool = False,
    progress: bool | Watch = False,
) -> Summary:
    """Compute the features of a corpus, and write them into a folder.

    It goes on where an earlier call ended, however that ended, and makes nothing again that is
    there and whole. Memory is bounded, whatever the number and the length of the recordings.

    Parameters
    ----------
    inputs : str, path, or iterable of them
        Audio files, folders, patterns such as ``"clips/*.flac"``, manifests and archives; "-" is a
        list on standard input.
    output : str or path
        Folder of the features; or, for one recording, the name of one ``.npy``.
    frontend : str, MelConfig or FrontEnd, default "librosa"
        What :func:`fastmel.frontend` takes or returns.
    sr : int, optional
        Sample rate in Hz to compute at, instead of the front end's own.
    format : {"npy", "tar", "parquet", "ark", "lhotse"}, optional
        How features are written. By default as those that are there already; else ``npy``, a file
        an item, for up to 10 000 recordings in files, and ``tar`` for more and for archives.
    compression : str, optional
        Of the format, by default none.
    dtype : {"float32", "float16", "float64"}, optional
        Type of the features; by default the front end's.
    channel : int, optional
        Channel of all recordings, from 0, where the input names none; by default their mean.
    resample_quality : {"hq", "vhq", "mq", "lq", "qq"}, optional
        Of soxr; "hq" by default, as :func:`fastmel.load` and librosa have it.
    max_duration : float, optional
        Seconds, beyond which an item fails. By default none for front ends that stream, and two
        hours for those that need the whole signal in memory.
    kind : str, optional
        What the inputs are, where suffix and content do not tell.
    segments : str or path, optional
        A file of Kaldi's ``segments``, for a ``wav.scp``.
    recursive : bool, default True
        Descend into subfolders.
    ids : {"auto", "suffix", "prefix"}, default "auto"
        Names of features that are made of paths: without or with the files' suffix, or with the
        input's path before.
    root : str or path, optional
        Folder that relative paths in manifests begin at.
    workers : int, optional
        Threads, each of which decodes, resamples and computes; by default as many as there are
        CPUs.
    shard : tuple of int, default (0, 1)
        (i, N) makes part i, from 0, of N parts of the job, as do others elsewhere; afterwards
        ``fastmel merge`` joins them.
    shard_items, shard_bytes : int, optional
        A file of features is closed with the item that reaches so many items or bytes: 10 000 and
        256 MiB by default. For ``npy``, `shard_items` of them are in a subfolder each.
    overwrite : bool, default False
        Make again what is there. Features of another front end are removed first, if no others but
        those of `inputs` are there.
    strict : bool, default False
        Stop at the first item that fails.
    keep_going : bool, default False
        Take inputs that cannot be understood for items that fail. By default the first 10 000
        items are read before anything is written, and one such input among them is an error.
    progress : bool or Watch, default False
        Show a bar on stderr, or in a log a line now and then.

    Returns
    -------
    Summary
        What became of the items: ``done``, ``skipped``, ``failed``, ``errors``; and ``audio``,
        ``took`` and ``seconds``, by decode, resample, features and write.

    Raises
    ------
    ValueError
        If an argument is not one of those above; if inputs are missing, empty or cannot be
        understood; if `output` has features of another front end or format, or another run is
        writing there.
    OSError
        If nothing can be written there. What was written before is whole, and counts.
    ModuleNotFoundError
        If a package is missing: soundfile, soxr, or that of a format.

    See Also
    --------
    open_features : Reads them back.

    Examples
    --------
    >>> import fastmel
    >>> done = fastmel.extract("corpus/", "features/", "whisper", format="tar")  # doctest: +SKIP
    >>> done.failed, done.errors  # doctest: +SKIP
    (0, [])
    """
    settings = Settings(
        sr=sr,
        format=format,
        compression=compression,
        dtype=dtype,
        channel=channel,
        resample_quality=resample_quality,
        max_duration=max_duration,
        kind=kind,
        segments=segments,
        recursive=recursive,
        ids=ids,
        root=root,
        workers=workers,
        shard=shard,
        shard_items=shard_items,
        shard_bytes=shard_bytes,
        overwrite=overwrite,
        strict=strict,
        keep_going=keep_going,
    )
    return Run(inputs, output, frontend, settings).go(watch_for(progress))


publish("fastmel", [extract])
