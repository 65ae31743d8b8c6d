"""``fastmel plot``: a picture of a recording."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path

import click

from .._base.extras import require
from .._base.text import printable, rate, seconds
from ..corpus._writing import write
from ._options import FILE, FRONTEND_HELP, PATH, frontend_named, together
from ._signals import stoppable


@click.command(
    short_help="Draw the waveform and the mel spectrogram of a file.",
    epilog="""\b
Examples:
  fastmel plot speech.wav                        writes speech-mel.png here
  fastmel plot speech.wav -o speech.svg          another name and format
  fastmel plot talk.mp3 --start 60 --duration 5  five seconds of it
  fastmel plot speech.wav --frontend whisper     as Whisper hears it
  fastmel plot speech.wav --html                 a page that zooms and plays""",
)
@together(
    click.argument("file", type=PATH),
    click.option("-o", "--output", type=FILE,
        help="Picture to write: .png, .svg, .pdf, .html, …  [default: FILE's name with -mel.png, "
        "here]"),
    click.option("--frontend", metavar="NAME", default="librosa", show_default=True,
        help=FRONTEND_HELP),
    click.option("--start", type=click.FloatRange(min=0), metavar="SECONDS", default=0.0,
        help="Begin here."),
    click.option("--duration", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
        help="Show so much.  [default: to the end]"),
    click.option("--html", is_flag=True, help="Write a page that zooms and plays instead."),
    click.option("--force", is_flag=True, help="Replace a picture that is there already."),
)  # fmt: skip
@stoppable()
def plot(
    file: Path,
    output: Path | None,
    frontend: str,
    start: float,
    duration: float | None,
    html: bool,
    force: bool,
) -> None:
    """Draw FILE: its waveform, and its mel spectrogram below."""
    import fastmel

    from ._page import page
    from ._picture import amounts, picture

    fe = frontend_named(frontend)
    require("matplotlib", extra="plot", what="drawing")
    html = html or (output is not None and output.suffix.lower() in (".html", ".htm"))
    target = output or Path(f"{file.stem}-mel.{'html' if html else 'png'}")
    if not force and target.exists() and not _replace(target):
        raise click.UsageError(f"{target} exists: choose another name with -o, or give --force")
    y, _ = fastmel.load(file, sr=fe.sample_rate, offset=start, duration=duration)
    features = fe(y)
    if html:
        whole = page(y, features, fe, printable(file.name), start=start)
        write(target, whole.encode())
    else:
        save(picture(y, features, fe, printable(file.name), start=start), target)
    click.echo(
        f"{printable(str(target))}: {seconds(len(y) / fe.sample_rate)} at {rate(fe.sample_rate)}, "
        f"{amounts(features.shape, fe)} ({frontend})"
    )


def _replace(target: Path) -> bool:
    """Ask whether to replace a picture, if somebody is there to answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return click.confirm(f"Replace {printable(str(target))}?", err=True)


def save(figure: object, path: Path) -> None:
    """Write a figure, whole or not at all; an unknown suffix is a wrong usage."""
    formats = figure.canvas.get_supported_filetypes()  # type: ignore[attr-defined]
    if path.suffix[1:].lower() not in formats:
        raise click.UsageError(
            f"{path}: the name must end in one of .{', .'.join(sorted(formats))}"
        )
    image = io.BytesIO()
    with warnings.catch_warnings():
        # A title in a script that the font lacks is still a picture.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(image, format=path.suffix[1:].lower(), dpi=150)  # type: ignore[attr-defined]
    write(path, image.getvalue())
