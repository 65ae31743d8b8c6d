"""``fastmel plot``: a picture of a recording."""

from __future__ import annotations

import warnings
from pathlib import Path

import click

from ._text import rate, seconds


@click.command(
    short_help="Waveform and mel spectrogram of a file.",
    epilog="""\b
Examples:
  fastmel plot speech.wav                        writes speech-mel.png here
  fastmel plot speech.wav -o speech.svg          another name and format
  fastmel plot talk.mp3 --start 60 --duration 5  five seconds of it
  fastmel plot speech.wav --frontend whisper     as Whisper hears it""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Picture to write: .png, .svg, .pdf, …  [default: FILE's name with -mel.png, here]",
)
@click.option("--frontend", default="librosa", show_default=True, help="See fastmel frontends.")
@click.option("--start", type=click.FloatRange(min=0), default=0.0, help="Begin here, in seconds.")
@click.option(
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    help="Show this many seconds.  [default: all]",
)
def plot(
    file: Path, output: Path | None, frontend: str, start: float, duration: float | None
) -> None:
    """Draw FILE: its waveform, and its mel spectrogram below."""
    import fastmel

    from ._options import frontend_named
    from ._picture import amounts, picture

    fe = frontend_named(frontend)
    target = output or Path(f"{file.stem}-mel.png")
    y, _ = fastmel.load(file, sr=fe.sample_rate, offset=start, duration=duration)
    features = fe(y)
    save(picture(y, features, fe, file.name, start=start), target)
    click.echo(
        f"{target}: {seconds(len(y) / fe.sample_rate)} at {rate(fe.sample_rate)}, "
        f"{amounts(features.shape, fe)} ({frontend})"
    )


def save(figure: object, path: Path) -> None:
    """Write a figure; an unknown suffix is a wrong usage."""
    formats = figure.canvas.get_supported_filetypes()  # type: ignore[attr-defined]
    if path.suffix[1:].lower() not in formats:
        raise click.UsageError(
            f"{path}: the name must end in one of .{', .'.join(sorted(formats))}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # A title in a script that the font lacks is still a picture.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(path, dpi=150)  # type: ignore[attr-defined]
