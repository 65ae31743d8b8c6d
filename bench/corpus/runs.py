"""Runs over the corpus: each a script that one would be glad to have written.

`python -m bench.corpus.runs NAME FOLDER OUT WORKERS` does one, in a process of its own, and prints
what it took as JSON. What a script does once is not timed: imports, also those of worker
processes, and the manifests that Lhotse wants.
"""

import json
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from .cost import Cost, files, measured, peak

WHISPER, FBANK = "whisper", "lhotse-fbank"


def main() -> None:
    name, folder, out, workers = sys.argv[1:]
    print(json.dumps(RUNS[name](Path(folder), Path(out), int(workers))._asdict()))


# --- fastmel --------------------------------------------------------------------------------------


def ours(
    folder: Path, out: Path, workers: int, inputs="clips", frontend=WHISPER, threads=-1, **how
) -> Cost:
    import fastmel

    if how.get("format") == "lhotse":
        import lhotse  # noqa: F401
    threads = workers if threads == -1 else threads

    def work() -> None:
        done = fastmel.extract(folder / inputs, out, frontend, workers=threads, **how)
        assert done.ok, done.errors

    return measured(work)


def decoding(folder: Path, out: Path, workers: int) -> Cost:
    """Decoding, mixing and resampling of the same files in as many threads, and nothing else."""
    from fastmel.corpus._audio import Recording
    from fastmel.corpus._inputs import read_items

    items, turn = iter(read_items([folder / "clips"])), threading.Lock()

    def next_item():
        with turn:
            return next(items, None)

    def read() -> None:
        while (item := next_item()) is not None:
            with Recording(item.audio, 16000) as recording:
                recording.read(item)

    def work() -> None:
        threads = [threading.Thread(target=read) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return measured(work)


def one_decode(folder: Path, out: Path, workers: int) -> Cost:
    """One decode of the long FLAC by libsndfile, in blocks of a second, one thread."""
    import soundfile

    def work() -> None:
        for _ in soundfile.blocks(folder / "long.flac", 16000, dtype="int16"):
            pass

    return measured(work)


# --- librosa and joblib ---------------------------------------------------------------------------


def librosa_joblib(folder: Path, out: Path, workers: int) -> Cost:
    """Whisper's features by librosa's functions, in processes that write what they compute."""
    from joblib import Parallel, delayed

    paths = files(folder)
    out.mkdir(parents=True)
    with Parallel(n_jobs=workers) as parallel:
        # Imports, and librosa's first call, in all of them.
        parallel(delayed(of_librosa)(path, None) for path in paths[: 4 * workers])
        begin, used = perf_counter(), process_time()
        tasks = parallel(delayed(of_librosa)(path, out / f"{path.stem}.npy") for path in paths)
        wall, used = perf_counter() - begin, process_time() - used
    return Cost(wall, used + sum(cpu for cpu, _ in tasks), peak(), max(most for _, most in tasks))


def of_librosa(path: Path, target: Path | None) -> tuple[float, float]:
    """Write the features of a file; return CPU seconds, and the process's peak memory."""
    import librosa

    begin = process_time()
    y, _ = librosa.load(path, sr=16000)
    power = librosa.feature.melspectrogram(
        y=y, sr=16000, n_fft=400, hop_length=160, n_mels=80, pad_mode="reflect"
    )[:, :-1]
    log = np.log10(np.maximum(power, 1e-10))
    features = (np.maximum(log, log.max() - 8) + 4) / 4
    if target is not None:
        np.save(target, features)
    return process_time() - begin, peak()


def lhotse(folder: Path, out: Path, workers: int, extractor: str, storage: str) -> Cost:
    from . import with_lhotse

    return with_lhotse.extract(folder, out, workers, extractor, storage)


_FBANK = partial(ours, frontend=FBANK, channel=0)
_NPY, _LILCOM = "NumpyFilesWriter", "LilcomChunkyWriter"

# Those of one kind do the same work, but for decoding alone: what is above that is ours.
KINDS: dict[str, dict[str, Callable[[Path, Path, int], Cost]]] = {
    "Whisper's features, a .npy each": {
        "fastmel": ours,
        "decoding and resampling alone": decoding,
        "librosa + joblib": librosa_joblib,
    },
    "Lhotse's filter bank, a .npy each": {
        "fastmel, 80 bands": _FBANK,
        "lhotse + fastmel.lhotse": partial(lhotse, extractor="fastmel.lhotse", storage=_NPY),
        "lhotse + its own": partial(lhotse, extractor="its own", storage=_NPY),
        "lhotse + torchaudio": partial(lhotse, extractor="torchaudio", storage=_NPY),
        "lhotse + knf": partial(lhotse, extractor="kaldi-native-fbank", storage=_NPY),
    },
    "Lhotse's filter bank, in its chunked lilcom": {
        "fastmel, lilcom": partial(_FBANK, format="lhotse"),
        "lhotse + torchaudio, lilcom": partial(lhotse, extractor="torchaudio", storage=_LILCOM),
    },
    "2 000 segments of a long FLAC, one thread": {
        "fastmel, segments": partial(ours, inputs="segments.tsv", threads=1, format="tar"),
        "one decode": one_decode,
    },
    "Memory": {
        "fastmel, all defaults": partial(ours, threads=None),
        "fastmel, the long WAV": partial(
            ours, inputs="long.wav", frontend="nemo-streaming", threads=None
        ),
    },
}
RUNS = {name: run for runs in KINDS.values() for name, run in runs.items()}


if __name__ == "__main__":
    main()
