"""A corpus of speech, the same on every machine: `python -m bench.corpus.make FOLDER`.

Clips of 1 to 20 s, of two dozen voices: 16 kHz FLAC and WAV, and one in ten as 44.1 kHz stereo MP3,
in a folder for each voice. With `--hours 10`, a long recording as FLAC and as WAV as well, and a
list of segments of it. espeak-ng speaks where it is installed; else all is cut from a recording
that is given. What is there already stays, so that making it again costs nothing.
"""

import argparse
import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

RATE = 16000
SECONDS = (1.0, 20.0)  # of a clip, and of a segment
KINDS = ("flac", "wav") * 9 + ("mp3",) * 2

ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-029")
TIMBRES = ("m1", "m3", "m7", "f1", "f2", "f4")
TALK = 90.0  # seconds of a voice, of which its clips are pieces

SUBJECTS = (
    "the old harbour|a careful engineer|nobody in the valley|my neighbour's brother"
    "|the second train|every spoken word|a quiet afternoon|the committee"
    "|their youngest daughter|the western wind"
).split("|")
VERBS = (
    "remembers|has never seen|carries|listens to|was built beside|changed|cannot explain|describes"
    "|measures|waited for"
).split("|")
OBJECTS = (
    "the bridge over the river|fourteen yellow lamps|a letter from the city|the sound of the bells"
    "|what we heard on Thursday|the price of fresh bread|a long and narrow road|three hundred pages"
    "|the weather in September|an answer to the question"
).split("|")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus.make", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=2000, help="[%(default)s]")
    parser.add_argument("--hours", type=float, default=0, help="of a long recording [none]")
    parser.add_argument("--segments", type=int, default=2000, help="of it [%(default)s]")
    parser.add_argument("--recording", type=Path, help="cut from this file, without espeak-ng")
    args = parser.parse_args()
    talks = spoken(args.recording)
    seconds = make_clips(args.folder / "clips", talks, args.clips)
    print(f"{args.folder}/clips: {args.clips} clips, {seconds / 3600:.2f} h")
    if args.hours:
        make_long(args.folder, talks, args.hours, args.segments)
        print(f"{args.folder}/long.flac, .wav: {args.hours:g} h; segments.tsv: {args.segments}")


def spoken(recording: Path | None = None) -> list[np.ndarray]:
    """Return a talk of each voice, at RATE, float32."""
    if recording is not None:
        y, rate = soundfile.read(recording, dtype="float32", always_2d=True)
        return [soxr.resample(y.mean(1), rate, RATE)]
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed; or give a recording: --recording FILE")
    return [talk(f"{accent}+{timbre}", i) for i, (accent, timbre) in enumerate(voices())]


def voices() -> Iterator[tuple[str, str]]:
    return ((accent, timbre) for accent in ACCENTS for timbre in TIMBRES)


def talk(voice: str, seed: int) -> np.ndarray:
    """Return some TALK seconds of one voice."""
    draw = np.random.default_rng(seed)
    words = "\n".join(
        f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(OBJECTS)}."
        for _ in range(int(TALK / 2.5))
    )
    speed, pitch = str(draw.integers(140, 200)), str(draw.integers(30, 70))
    command = ["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "--stdin", "--stdout"]
    wav = subprocess.run(command, input=words.encode(), capture_output=True, check=True).stdout
    y, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    return soxr.resample(y, rate, RATE)


def piece(y: np.ndarray, draw: np.random.Generator, n: int) -> np.ndarray:
    """Return n samples of a talk, in a room with some noise."""
    begin = draw.integers(len(y))
    y = np.take(y, np.arange(begin, begin + n), mode="wrap")
    noise = draw.standard_normal(n, dtype=np.float32)
    return np.clip(draw.uniform(0.3, 0.9) * y + draw.uniform(5e-4, 5e-3) * noise, -1, 1)


def make_clips(folder: Path, talks: list[np.ndarray], clips: int) -> float:
    """Write the clips; return how many seconds there are."""
    seconds = 0.0
    for i in range(clips):
        draw = np.random.default_rng([1, i])  # a clip does not depend on how many there are
        n = int(draw.uniform(*SECONDS) * RATE)
        kind = KINDS[draw.integers(len(KINDS))]
        voice = draw.integers(len(talks))
        path = folder / f"voice{voice:02}" / f"clip{i:05}.{kind}"
        seconds += n / RATE
        if not path.exists():
            write(path, piece(talks[voice], draw, n), draw)
    return seconds


def write(path: Path, y: np.ndarray, draw: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}")
    if path.suffix == ".mp3":
        left = soxr.resample(y, RATE, 44100)
        right = 0.7 * left + 1e-3 * draw.standard_normal(len(left), dtype=np.float32)
        soundfile.write(part, np.stack([left, right], 1).clip(-1, 1), 44100, format="MP3")
    else:
        soundfile.write(part, y, RATE, "PCM_16", format=path.suffix[1:].upper())
    part.replace(path)


def make_long(folder: Path, talks: list[np.ndarray], hours: float, segments: int) -> None:
    """Write a long recording as FLAC and as WAV, and a list of segments, as it comes."""
    samples = int(hours * 3600) * RATE
    for kind in ("flac", "wav"):
        path, part = folder / f"long.{kind}", folder / f".long.{kind}"
        if not path.exists() or soundfile.info(path).frames != samples:
            with soundfile.SoundFile(
                part, "w", RATE, 1, subtype="PCM_16", format=kind.upper()
            ) as file:
                draw = np.random.default_rng(2)
                for at in range(0, samples, 60 * RATE):
                    talk = talks[draw.integers(len(talks))]
                    file.write(piece(talk, draw, min(60 * RATE, samples - at)))
            part.replace(path)
    draw = np.random.default_rng(3)
    durations = draw.uniform(*SECONDS, segments)
    offsets = draw.uniform(0, hours * 3600 - durations)
    with open(folder / "segments.tsv", "w", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(["id", "path", "offset", "duration"])
        for i, (offset, duration) in enumerate(zip(offsets, durations, strict=True)):
            rows.writerow([f"segment{i:05}", "long.flac", f"{offset:.4f}", f"{duration:.4f}"])


if __name__ == "__main__":
    main()
