"""Processes around a call: forks, pools, an interpreter that ends, Ctrl-C, memory over many calls.

`test_bindings.py` has the compiled module alone; this file has what a program does to it.
"""

import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path

import effort
import fastmel
import numpy as np
import pytest
import signals
from effort import some
from sanitizers import sanitized

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork") or sanitized, reason="needs fork, after threads, without a sanitizer"
)
needs_proc = pytest.mark.skipif(
    not sys.platform.startswith("linux") or sanitized, reason="needs /proc, and no sanitizer"
)

NAMES = ["whisper", "kaldi-fbank", "librosa", "gemma-3n"]


# --- forks and pools ------------------------------------------------------------------------------


@needs_fork
def test_forks_while_other_threads_compute(run_python):
    """A child of a process whose threads are in the middle of calls computes the same, and ends."""
    run_python(
        f"""
        import os, threading, warnings
        import fastmel, signals
        from bits import digest

        warnings.simplefilter("ignore")  # Python 3.12 warns of forks beside threads
        fe, y = fastmel.frontend("whisper"), signals.speech_like(400_000, 16000)
        expected, done = digest(fe(y, workers=1)), threading.Event()

        def work(workers):
            while not done.is_set():
                fe(y, workers=workers)

        threads = [threading.Thread(target=work, args=(n,)) for n in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for i in range({24 if effort.exhaustive else 8}):
            child = os.fork()
            if child == 0:
                same = digest(fe(y, workers=1 + i % 3)) == expected
                os._exit(0 if same else 1)
            assert os.waitpid(child, 0)[1] == 0, i
        done.set()
        for thread in threads:
            thread.join()
        """
    )


@pytest.mark.parametrize(
    "method",
    [pytest.param(m, marks=needs_fork if m == "fork" else ()) for m in ("fork", "spawn")],
)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_workers_of_a_data_loader(method):
    """Front ends go to worker processes by pickling or by a fork, with plans that are in use."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"needs the start method {method}")
    clips = [signals.noise(16000, seed=seed) for seed in range(4)]
    frontends = [fastmel.frontend(name) for name in NAMES]
    expected = [fe(clip) for fe, clip in zip(frontends, clips, strict=True)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = [pool.apply_async(fe, (clip,)) for fe, clip in zip(frontends, clips, strict=True)]
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(result.get(timeout=120), wanted)


# --- the end of the interpreter -------------------------------------------------------------------


@pytest.mark.parametrize("workers", some([3, 1], every=2))
def test_an_interpreter_that_ends_during_calls(run_python, workers):
    """Daemon threads are in the middle of calls; finalizers and exit handlers make some more."""
    done = run_python(
        f"""
        import atexit, threading, time
        import numpy as np
        import fastmel

        fe, y = fastmel.frontend("whisper"), np.zeros(2_000_000, np.float32)

        class Late:
            def __del__(self):
                print("deleted", fe(y[:16000]).shape, flush=True)

        def work():
            while True:
                fe(y, workers={workers})

        late = Late()
        atexit.register(lambda: print("exit", fe(y[:16000]).shape, flush=True))
        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.3)
        del late
        """
    )
    assert done.stdout.splitlines() == ["deleted (80, 100)", "exit (80, 100)"]


def test_sub_interpreters_are_refused_or_compute(run_python):
    """CPython loads a module that does not declare itself for them nowhere but in the first."""
    if sys.version_info < (3, 12):
        pytest.skip("needs Python 3.12: interpreters with a GIL of their own")
    done = run_python(
        """
        import sys
        import fastmel  # in the first one it is loaded

        if sys.version_info >= (3, 14):
            from concurrent import interpreters
            run = interpreters.create().exec
            failed = interpreters.ExecutionFailed
        else:
            import _interpreters as raw
            number = raw.create()
            def run(code):
                error = raw.exec(number, code)
                if error is not None:
                    raise ImportError(error.formatted)
            failed = ImportError
        try:
            run("import fastmel")
        except failed as error:
            assert "subinterpreters" in str(error) or "interpreter" in str(error), error
            print("refused")
        else:
            print("loaded")
        """,
        check=False,
    )
    if "No module named '_interpreters'" in done.stderr:
        pytest.skip("needs the module _interpreters, of Python 3.13")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("refused", "loaded")


# --- Ctrl-C ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "pthread_kill") or sanitized, reason="needs POSIX signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_out_untouched_or_right(run_python, workers):
    """KeyboardInterrupt within 0.2 s; a value of out= is what was there, or what it is to be."""
    done = run_python(
        f"""
        import json, os, signal, threading, time
        import numpy as np
        import fastmel, signals

        y = np.tile(signals.noise(100_000), 200)
        mel = {{"sr": 16000, "n_fft": 512, "hop_length": 32, "n_mels": 40}}
        wanted = fastmel.melspectrogram(y=y[:3_000_000], **mel)
        out = np.full((40, 1 + len(y) // 32), -7.0, np.float32)
        sent = []

        def press():
            while out[0, 0] == -7.0:  # the call has not come to its first frames
                time.sleep(0.001)
            sent.append((time.monotonic(), time.process_time()))
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=press).start()
        try:
            fastmel.melspectrogram(y=y, out=out, workers={workers}, **mel)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # it may come too late
            returned = None
        except KeyboardInterrupt:
            (wall, cpu), = sent
            returned = min(time.monotonic() - wall, (time.process_time() - cpu) / {workers})
        untouched = out == -7.0
        known = wanted.shape[1] - 20
        right = out[:, :known] == wanted[:, :known]
        again = fastmel.melspectrogram(y=y[:3_000_000], **mel)
        print(json.dumps([returned, bool((untouched[:, :known] | right).all()),
                          bool((untouched | (out >= 0)).all()), int(untouched.sum()),
                          bool((again == wanted).all())]))
        """
    )
    returned, known, plausible, untouched, again = json.loads(done.stdout)
    if returned is None:
        pytest.skip("needs a machine on which this call takes more than some milliseconds")
    assert returned < 0.2
    assert known
    assert plausible
    assert untouched > 0
    assert again


# --- memory ---------------------------------------------------------------------------------------

FLAT = """
    import gc, resource, warnings
    import numpy as np
    import fastmel, signals
    from heap import allocated

    warnings.simplefilter("ignore")
    y = signals.noise(4000)
    whisper, kaldi = fastmel.frontend("whisper"), fastmel.frontend("kaldi-fbank")
    bad = np.full(4000, np.nan, np.float32)
    spectrum = fastmel.stft(y, n_fft=256)

    def refused(call, *arguments):
        try:
            call(*arguments)
        except ValueError:
            pass

    def calls(i):
        whisper(y)
        kaldi(y, workers=2)
        fastmel.mfcc(y=y, sr=16000, n_mfcc=13, n_mels=40, n_fft=512)
        fastmel.istft(spectrum, n_fft=256)
        fastmel.pcen(np.abs(spectrum))
        whisper.batch([y, y[:1000]])
        refused(whisper, bad)
        # plans that are made, kept for a while, and dropped
        fastmel.melspectrogram(y=y, sr=16000, n_fft=256, n_mels=20, fmin=1.0 + i % {every})

    def used():
        gc.collect()
        resident = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
        return np.array([allocated(), resident])

    # The same plans are kept each time that one looks. Two threads that meet for the first time,
    # and have scratch each from then on, raise the level once; what is lost, in each quarter.
    levels = []
    for i in range({rounds}):
        calls(i)
        if i % {every} == {every} - 1:
            levels.append(used())
    quarters = np.array_split(levels[len(levels) // 3 :], 4)
    grown = np.diff([np.max(quarter, axis=0) for quarter in quarters], axis=0)
    report = f"bytes more from quarter to quarter of {rounds} rounds, also resident: {{grown}}"
    assert (grown.min(axis=0) < [1 << 15, 1 << 20]).all(), report
"""


# All objects from the one place that is looked at, with nothing in reserve for each thread.
COUNTED = {
    "PYTHONMALLOC": "malloc",
    "MALLOC_ARENA_MAX": 1,
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}


@needs_proc
def test_memory_stays(run_python):
    run_python(FLAT.format(rounds=6 * 256, every=256), **COUNTED)


@needs_proc
@pytest.mark.exhaustive
def test_memory_stays_over_a_million_calls(run_python):
    run_python(FLAT.format(rounds=126_000, every=1000), **COUNTED)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or sys.maxsize < 2**32 or sanitized,
    reason="needs 64 bits, files with holes, and no sanitizer",
)
@pytest.mark.exhaustive
def test_signals_of_more_than_two_to_the_31_samples(tmp_path):
    """A file with a hole of four gigabytes stands for the signal; its end alone holds samples."""
    n = 2**31 + 100_000
    path = tmp_path / "long.raw"
    last = signals.pcm(signals.noise(50_000))
    with open(path, "wb") as file:
        file.truncate(2 * (n - len(last)))
        file.seek(0, os.SEEK_END)
        file.write(last.tobytes())
    y = np.memmap(path, np.int16, "r")
    assert y.size == n
    how = {"n_fft": 1024, "hop_length": 1024, "center": False}
    # A view that begins in the hole: offsets beyond 2**31 bytes and samples, few frames.
    head = n - len(last) - 8 * 1024
    few = fastmel.spectrogram(np.asarray(y)[head:], **how)
    np.testing.assert_array_equal(few[:, :8], 0)
    np.testing.assert_array_equal(few[:, 8:], fastmel.spectrogram(last, **how))
    # The whole, in frames so far apart that few pages are read.
    hop = 2**21
    sparse = fastmel.spectrogram(np.asarray(y), n_fft=1024, hop_length=hop, center=False)
    assert sparse.shape == (513, 1 + (n - 1024) // hop)
    start = (sparse.shape[1] - 1) * hop
    expected = fastmel.spectrogram(np.asarray(y[start : start + 1024]), **how)
    np.testing.assert_array_equal(sparse[:, -1:], expected)


def test_more_than_two_to_the_31_samples_of_one_value():
    if sys.maxsize < 2**32:
        pytest.skip("needs 64 bits")
    y = np.broadcast_to(np.int16(16384), 2**31 + 4096)
    mel = fastmel.melspectrogram(y=y, hop_length=2**24, n_fft=1024, n_mels=8, center=False)
    assert mel.shape == (8, 1 + (2**31 + 4096 - 1024) // 2**24)
    one = fastmel.melspectrogram(y=y[:1024], n_fft=1024, n_mels=8, center=False)
    np.testing.assert_array_equal(mel, np.broadcast_to(one, mel.shape))


def test_results_whose_elements_lie_two_to_the_31_apart():
    """Rows of the result lie three gigabytes apart, in memory of which few pages exist."""
    if sys.maxsize < 2**32 or sanitized:
        pytest.skip("needs 64 bits, and no sanitizer")
    rows, apart = 5, 3 * 2**30
    try:
        memory = np.empty(rows * apart // 4, np.float32)
    except MemoryError:
        pytest.skip("needs 15 GiB of addresses, of which 100 KiB are used")
    y, how = signals.noise(20_000), {"n_fft": 8, "hop_length": 4, "center": False}
    expected = fastmel.spectrogram(y, **how)
    out = np.lib.stride_tricks.as_strided(memory, expected.shape, (apart, 4))
    fastmel.spectrogram(y, out=out, **how)
    np.testing.assert_array_equal(out, expected)


def available_bytes():
    """Memory that may be taken, as Linux tells it."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("MemAvailable:"))
    return int(line.split()[1]) * 1024


@needs_proc
@pytest.mark.exhaustive
def test_results_of_more_than_two_to_the_31_elements():
    if available_bytes() < 11 << 30:
        pytest.skip("needs 11 GiB of memory")
    how = {"n_fft": 8, "hop_length": 8, "center": False}
    y = np.broadcast_to(np.float32(0.25), 8 * (2**31 // 5 + 1000))
    spectrum = fastmel.spectrogram(y, **how)
    assert spectrum.size > 2**31
    one = fastmel.spectrogram(y[:8], **how)
    for row, expected in zip(spectrum, one[:, 0], strict=True):
        assert row.min() == row.max() == expected
