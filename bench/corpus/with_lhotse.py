"""Lhotse's own parallel extraction, with its extractors and with ours."""

import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

import kaldi_native_fbank as knf
import lhotse
import numpy as np
import torch
from fastmel.lhotse import FeatureExtractor
from lhotse import CutSet, Fbank, Recording
from lhotse.features import base
from lhotse.features.fbank import TorchaudioFbank, TorchaudioFbankConfig

from .cost import Cost, files, peak


class KnfFbank(base.FeatureExtractor):
    """kaldi-native-fbank with the options of Lhotse's own filter bank."""

    name = "knf-fbank"
    config_type = TorchaudioFbankConfig
    frame_shift = 0.01

    def feature_dim(self, sampling_rate: int) -> int:
        return 80

    def extract(self, samples, sampling_rate):
        options = knf.FbankOptions()
        options.frame_opts.dither = 0
        options.frame_opts.snip_edges = False
        options.mel_opts.num_bins = 80
        options.mel_opts.high_freq = -400
        features = knf.OnlineFbank(options)
        features.accept_waveform(sampling_rate, samples[0])
        features.input_finished()
        return np.stack([features.get_frame(i) for i in range(features.num_frames_ready)])


EXTRACTORS: dict[str, Callable] = {
    "torchaudio": TorchaudioFbank,
    "kaldi-native-fbank": KnfFbank,
    "its own": Fbank,
    "fastmel.lhotse": lambda: FeatureExtractor("lhotse-fbank"),
}


def extract(folder: Path, out: Path, workers: int, extractor: str, storage: str) -> Cost:
    """Extract in processes that have imported all, and have one thread each."""
    cuts, made = cuts_of(folder), EXTRACTORS[extractor]()
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_quiet)
    with pool:
        idle = sum(task.result() for task in [pool.submit(_ready) for _ in range(workers)])
        begin, used = perf_counter(), process_time()
        done = cuts.compute_and_store_features(
            made,
            out / "features",
            num_jobs=workers,
            storage_type=getattr(lhotse, storage),
            executor=pool,
        )
        done.to_file(out / "cuts.jsonl.gz")
        wall, used = perf_counter() - begin, process_time() - used
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used + child.ru_utime + child.ru_stime - idle
    return Cost(wall, cpu, peak(), child.ru_maxrss / 1000)


def _quiet() -> None:
    torch.set_num_threads(1)


def _ready() -> float:
    """Return the CPU seconds so far, when the other workers are there too."""
    time.sleep(3)
    return process_time()


def cuts_of(folder: Path) -> CutSet:
    """Return a cut of the first channel at 16 kHz for each clip: Lhotse mixes in memory only."""

    def cuts() -> Iterator:
        for path in files(folder):
            cut = Recording.from_file(path).to_cut()
            cut = cut if cut.num_channels == 1 else cut.to_mono()[0]
            yield cut if cut.sampling_rate == 16000 else cut.resample(16000)

    return CutSet.from_cuts(cuts()).to_eager()
