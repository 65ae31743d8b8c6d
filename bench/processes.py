"""What needs a process of its own: peak memory, the time of an import."""

import statistics
import subprocess
import sys
from collections.abc import Callable

# --- peak memory ----------------------------------------------------------------------------------

# Peak resident memory of one call, beyond what was resident before it: the input, the output
# where the library takes one, and everything that a first, short call leaves behind. Linux resets
# the peak on request. A result that the library allocates itself is subtracted.
_PEAK = """
import re, numpy as np
def kib(field):
    return int(re.search(field + r":\\s+(\\d+)", open("/proc/self/status").read())[1])
y = np.sin(np.arange({samples}) * 0.1).astype(np.float32) + np.float32(1e-3)
short = y[:22050].copy()
{setup}
call(short)
call(short)
open("/proc/self/clear_refs", "w").write("5")
before = kib("VmRSS")
result = call(y)
kept = 0 if taken else np.asarray(result).nbytes / 1024
print(kib("VmHWM") - before - kept)
"""

_FASTMEL = """
import fastmel
out = np.zeros((128, 1 + y.size // 512), np.float32)
taken = True
def call(y):
    return fastmel.log_melspectrogram(
        y=y, out=out[:, : 1 + y.size // 512], ref=np.max, precision="{precision}", workers={workers}
    )
"""

_MEMORY = {
    "fastmel, double": _FASTMEL.format(precision="double", workers=1),
    "fastmel, double, 2 threads": _FASTMEL.format(precision="double", workers=2),
    "fastmel, single": _FASTMEL.format(precision="single", workers=1),
    "fastmel, single, 2 threads": _FASTMEL.format(precision="single", workers=2),
    "librosa": """
import librosa
taken = False
def call(y):
    return librosa.power_to_db(librosa.feature.melspectrogram(y=y), ref=np.max)
""",
    "torch": """
import torch, fastmel
window = torch.hann_window(2048)
filters = torch.from_numpy(fastmel.mel_filterbank(sr=22050, n_fft=2048))
taken = False
def call(y):
    y = torch.from_numpy(y)
    S = torch.stft(y, 2048, 512, window=window, pad_mode="constant", return_complex=True)
    return (filters @ S.abs().square()).clamp_(min=1e-10).log10_().mul_(10)
""",
}


def memory(log: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """Return MiB beyond input and output, for librosa's log-mel of one and of ten minutes."""
    found: dict[str, dict[str, float]] = {}
    for name, setup in _MEMORY.items():
        for minutes in (1, 10):
            script = _PEAK.format(samples=minutes * 60 * 22050, setup=setup)
            try:
                kib = float(_python(script))
            except RuntimeError as error:
                log(f"  {name}: not measured: {error}")
                break
            found.setdefault(name, {})[f"{minutes} min"] = kib / 1024
    return found


# --- import time ----------------------------------------------------------------------------------

_IMPORT = """
import time, numpy
start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
"""

_IMPORTS = {
    "fastmel": "import fastmel; fastmel.log_melspectrogram",
    "asrfront": "import asrfront",
    "librosa": "import librosa; librosa.feature.melspectrogram",
    "torch": "import torch",
    "torchaudio": "import torchaudio.transforms",
    "openai-whisper": "import whisper",
    "faster-whisper": "from faster_whisper.feature_extractor import FeatureExtractor",
    "transformers": "from transformers import WhisperFeatureExtractor",
}


def import_time(log: Callable[[str], None], rounds: int = 5) -> dict[str, list[float]]:
    """Return the seconds that an import takes after NumPy's, in new processes, in turns."""
    found: dict[str, list[float]] = {name: [] for name in _IMPORTS}
    for turn in range(rounds + 1):  # the first fills the page cache
        for name in list(found):
            try:
                seconds = float(_python(_IMPORT.format(statement=_IMPORTS[name])))
            except RuntimeError as error:
                log(f"  {name}: not measured: {error}")
                del found[name]
                continue
            if turn:
                found[name].append(seconds)
    return found


def memory_table(found: dict[str, dict[str, float]]) -> str:
    lines = ["peak memory of librosa's log-mel beyond input and output, MiB"]
    lines.append(f"{'':28}{'1 min':>10}{'10 min':>10}")
    for name, mib in found.items():
        lines.append(f"{name:28}" + "".join(f"{value:10.1f}" for value in mib.values()))
    return "\n".join(lines)


def import_table(found: dict[str, list[float]]) -> str:
    lines = ["import after NumPy, ms: median (range)"]
    for name, seconds in found.items():
        ms = sorted(1e3 * s for s in seconds)
        lines.append(f"{name:28}{statistics.median(ms):10.1f} ({ms[0]:.1f} - {ms[-1]:.1f})")
    return "\n".join(lines)


def _python(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return done.stdout.strip()
