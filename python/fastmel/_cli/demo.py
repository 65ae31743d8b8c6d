"""``fastmel demo``: what a newcomer runs first."""

from __future__ import annotations

import io
from pathlib import Path
from statistics import median
from timeit import repeat
from typing import Any

import click
import numpy as np

from .._base.extras import require
from .._base.text import count, rate, seconds
from ..corpus._writing import write
from ._printing import show
from ._signals import stoppable

_FILES = ("clip.wav", "features.npy", "picture.png")


@click.command(
    short_help="Make a clip, its features and its picture: start here.",
    epilog="""\b
Examples:
  fastmel demo                 writes into ./fastmel-demo
  fastmel demo -o /tmp/demo    writes there""",
)
@click.option("-o", "--output", metavar="DIR", default="fastmel-demo", show_default=True,
    type=click.Path(path_type=Path, file_okay=False), help="Folder for the three files.",
)  # fmt: skip
@stoppable()
def demo(output: Path) -> None:
    """Make a short clip, its features and its picture, and say how fast that was.

    Needs no recording of yours. The clip is the same every time: plucked notes, a rising and a
    falling chirp, soft brushes of noise.
    """
    import fastmel

    from . import _clip
    from ._picture import picture
    from .plot import save

    require("matplotlib", extra="plot", what="drawing")
    y = _clip.synthesize()
    clip, array, image = (output / name for name in _FILES)
    wav = _clip.wav_bytes(y)
    _check_ours(output, wav)

    fe = fastmel.frontend("librosa")
    features = fe(y)
    write(clip, wav)
    saved = io.BytesIO()
    np.save(saved, features)
    write(array, saved.getvalue())
    save(picture(y, features, fe, "fastmel demo: notes, chirps and noise"), image)

    say = click.echo
    say(click.style("Made for you:", bold=True))
    size = f"{count(features.shape[0], 'band')} by {count(features.shape[1], 'frame')}"
    rows = [
        [f"  {clip}", f"{seconds(len(y) / fe.sample_rate)} of sound at {rate(fe.sample_rate)}"],
        [f"  {array}", f"its log-mel features in dB, {size}, {features.dtype}"],
        [f"  {image}", "its waveform and mel spectrogram: open it"],
    ]
    show(rows)
    say()
    say(click.style("How fast:", bold=True))
    for line in _speed(y, features, fe):
        say(f"  {line}")
    say()
    say(click.style("What next:", bold=True))
    say("  fastmel plot YOUR.wav                       the picture of a recording")
    say("  fastmel extract FOLDER -o features/         features of every recording in it")
    say("  fastmel frontends                           Whisper and the others")
    say("  fastmel bench                               beside the libraries you have")
    say()
    say("In Python:")
    say(f'  y, sr = fastmel.load("{clip}")')
    say("  S = fastmel.log_melspectrogram(y=y, sr=sr, ref=np.max)")


def _check_ours(output: Path, wav: bytes) -> None:
    """Refuse to write over files that an earlier demo did not make."""
    taken = [name for name in _FILES if (output / name).exists()]
    clip = output / _FILES[0]
    if taken and not (clip.exists() and clip.read_bytes() == wav):
        raise click.UsageError(
            f"{output} already has a {taken[0]} that is not this demo's: "
            "choose another folder with -o"
        )


def _speed(y: np.ndarray, features: np.ndarray, fe: Any) -> list[str]:
    import fastmel
    from fastmel import reference

    def plain() -> np.ndarray:
        return np.asarray(reference.log_melspectrogram(y=y, sr=fe.sample_rate, ref=np.max))

    difference = float(np.abs(plain() - features).max())
    core = median(repeat(lambda: fe(y), number=1, repeat=31))
    slow = median(repeat(plain, number=1, repeat=7))
    length = y.size / fe.sample_rate
    return [
        f"{seconds(core)} for the clip: {length / core:,.0f} times real time "
        f"({fastmel.simd_info()['active']} instructions)",
        f"{slow / core:.1f} times as fast as the same chain in plain NumPy "
        f"(fastmel.reference: {seconds(slow)})",
        f"and the same numbers: the largest difference is {difference:.1g} dB",
    ]
