"""Front ends of audio tagging and of embeddings of audio, music and voices."""

from __future__ import annotations

from .._engine.config import MelConfig
from ..steps import HalfPrecisionLog, PadToPatches, Patches
from .entry import Entry

_VGGISH = MelConfig(
    sample_rate=16000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    window_position="left",
    padding="none",
    power=1.0,
    n_mels=64,
    fmin=125.0,
    fmax=7500.0,
    mel_scale="kaldi",
    mel_shape="mel",
    mel_norm=None,
    mel_exclude="dc",
    log="ln",
    log_floor=0.0,
    log_offset=0.01,
    layout="time_mel",
)

# torchlibrosa's transform is a convolution, whose sums are closer than those of one in single.
_PANNS = MelConfig(
    sample_rate=32000,
    n_fft=1024,
    hop_length=320,
    pad_mode="reflect",
    n_mels=64,
    fmin=50.0,
    fmax=14000.0,
    log="dB",
    layout="time_mel",
)

_EFFICIENTAT = MelConfig(
    sample_rate=32000,
    n_fft=1024,
    win_length=800,
    hop_length=320,
    window="hann_symmetric",
    pad_mode="reflect",
    preemphasis=0.97,
    preemphasis_scope="valid",
    n_mels=128,
    fmax=15000.0,
    mel_scale="kaldi",
    mel_shape="mel",
    mel_norm=None,
    mel_exclude="nyquist",
    log="ln",
    log_floor=0.0,
    log_offset=1e-5,
    shift=4.5,
    gain=0.2,
    precision="single",
)

_ESSENTIA = MelConfig(
    sample_rate=16000,
    n_fft=512,
    hop_length=256,
    window="hann_symmetric",
    frame_count="tail",
    n_mels=96,
    layout="time_mel",
    precision="single",
)

_TORCHLIBROSA = "Spectrogram and LogmelFilterBank of torchlibrosa 0.1.0, as in "
_ESSENTIA_FRAMES = (
    "Frames are those of Essentia's standard FrameCutter with its defaults, centred from sample 0 "
    "on. The streaming one inside TensorflowPredict puts noise into silent frames."
)

TAGGING: dict[str, Entry] = {
    "vggish": Entry(
        description="VGGish's patches of 96 frames of log-mel features, 64 bands",
        config=_VGGISH.replace(dtype="float64", after=(Patches(96, 96),)),
        source="tensorflow/models 3e9e7a6: research/audioset/vggish/mel_features.py, "
        "log_mel_spectrogram; vggish_input.py, waveform_to_examples",
        models=("VGGish",),
    ),
    "yamnet": Entry(
        description="YAMNet's overlapping patches of 96 frames of log-mel features, 64 bands",
        config=_VGGISH.replace(
            log_offset=0.001,
            precision="single",
            before=(PadToPatches(15600, 7680),),
            after=(Patches(96, 48),),
        ),
        source="tensorflow/models 33630ec: research/audioset/yamnet/features.py, pad_waveform, "
        "waveform_to_log_mel_spectrogram_patches",
        models=("YAMNet",),
    ),
    "panns": Entry(
        description="Log-mel features of PANNs and CNN14, 64 bands at 32 kHz",
        config=_PANNS,
        source=_TORCHLIBROSA
        + "qiuqiangkong/audioset_tagging_cnn d2f4b8c: pytorch/models.py, Cnn14",
        models=("PANNs Cnn6, Cnn10, Cnn14", "Wavegram-Logmel-CNN"),
        notes="The model's batch normalization of the bands follows.",
    ),
    "panns-16k": Entry(
        description="Log-mel features of PANNs, 64 bands at 16 kHz",
        config=_PANNS.replace(sample_rate=16000, n_fft=512, hop_length=160, fmax=8000.0),
        source=_TORCHLIBROSA
        + "qiuqiangkong/audioset_tagging_cnn d2f4b8c: pytorch/models.py, Cnn14_16k",
        models=("PANNs Cnn14_16k",),
    ),
    "panns-8k": Entry(
        description="Log-mel features of PANNs, 64 bands at 8 kHz",
        config=_PANNS.replace(sample_rate=8000, n_fft=256, hop_length=80, fmax=4000.0),
        source=_TORCHLIBROSA
        + "qiuqiangkong/audioset_tagging_cnn d2f4b8c: pytorch/models.py, Cnn14_8k",
        models=("PANNs Cnn14_8k",),
    ),
    "efficientat": Entry(
        description="EfficientAT's log-mel features at inference, 128 bands at 32 kHz",
        config=_EFFICIENTAT,
        source="fschmid56/EfficientAT a425fdc: models/preprocess.py, AugmentMelSTFT",
        models=("EfficientAT mn and dymn", "PaSST of hear21passt"),
        notes="Pre-emphasis without padding: the first frame begins one sample later.",
    ),
    "passt": Entry(
        description="PaSST's log-mel features with the class's own range, 128 bands at 32 kHz",
        config=_EFFICIENTAT.replace(fmax=15500.0),
        source="kkoutini/PaSST 2a5c818, hear21passt 0.0.26: models/preprocess.py, AugmentMelSTFT",
        models=("PaSST",),
        notes="The AudioSet experiment and hear21passt's models pass fmax_aug_range=2000, which "
        'makes the highest frequency 15 kHz: that is "efficientat".',
    ),
    "musicnn": Entry(
        description="musicnn's patches of 3 s of log-mel features in float16, 96 bands",
        config=MelConfig(
            sample_rate=16000,
            n_fft=512,
            hop_length=256,
            n_mels=96,
            layout="time_mel",
            dtype="float16",
            after=(HalfPrecisionLog(10000.0), Patches(187, 187)),
        ),
        source="musicnn 0.1.0: extractor.py, batch_data",
        models=("MTT_musicnn", "MSD_musicnn", "MTT_vgg", "MSD_vgg"),
        notes="The original takes the logarithm in float16, where bands above 6.55 become "
        "infinite; so they do here. The edges are padded with zeros, as librosa does since 0.9, "
        "and were mirrored before. A clip of less than 187 frames gives no patch, where the "
        "original fails.",
    ),
    "essentia-musicnn": Entry(
        description="Essentia's input of MusiCNN models, 96 bands",
        config=_ESSENTIA.replace(mel_gain=10000.0, log="log10", log_floor=0.0, log_offset=1.0),
        source="Essentia 2.1b6: src/algorithms/spectral/tensorflowinputmusicnn.cpp",
        models=("Essentia MusiCNN, Discogs-EffNet and MAEST",),
        notes=_ESSENTIA_FRAMES,
    ),
    "essentia-vggish": Entry(
        description="Essentia's input of VGGish models, 64 bands",
        config=_ESSENTIA.replace(
            win_length=400,
            hop_length=160,
            window_position="left",
            power=1.0,
            n_mels=64,
            fmin=125.0,
            fmax=7500.0,
            mel_scale="htk",
            mel_shape="mel",
            mel_norm=None,
            log="ln",
            log_floor=0.0,
            log_offset=0.01,
        ),
        source="Essentia 2.1b6: src/algorithms/spectral/tensorflowinputvggish.cpp",
        models=("Essentia VGGish and YAMNet",),
        notes="The window is symmetric, VGGish's own is periodic. " + _ESSENTIA_FRAMES,
    ),
    "essentia-tempocnn": Entry(
        description="Essentia's input of TempoCNN models, 40 bands",
        config=_ESSENTIA.replace(
            sample_rate=11025,
            n_fft=1024,
            hop_length=512,
            power=1.0,
            n_mels=40,
            fmin=20.0,
            fmax=5000.0,
        ),
        source="Essentia 2.1b6: src/algorithms/spectral/tensorflowinputtempocnn.cpp",
        models=("Essentia TempoCNN",),
        notes=_ESSENTIA_FRAMES,
    ),
    "essentia-fsdsinet": Entry(
        description="Essentia's input of FSD-SINet models, 96 bands",
        config=_ESSENTIA.replace(
            sample_rate=22050,
            n_fft=2048,
            win_length=660,
            hop_length=220,
            window="hamming",
            window_position="left",
            fmin=50.0,
            fmax=10500.0,
            mel_norm=None,
            log="log10",
            log_floor=1e-30,
        ),
        source="Essentia 2.1b6: src/algorithms/spectral/tensorflowinputfsdsinet.cpp",
        models=("Essentia FSD-SINet",),
        notes=_ESSENTIA_FRAMES,
    ),
    "laion-clap": Entry(
        description="LAION-CLAP's log-mel features for fusion, 64 bands at 48 kHz",
        config=MelConfig(
            sample_rate=48000,
            n_fft=1024,
            hop_length=480,
            pad_mode="reflect",
            n_mels=64,
            fmin=50.0,
            fmax=14000.0,
            mel_scale="htk",
            mel_norm=None,
            log="dB",
            layout="time_mel",
            precision="single",
        ),
        source="laion-clap 1.1.7: laion_clap/training/data.py, get_mel",
        models=("LAION-CLAP with enable_fusion",),
        notes="Before it, samples that are not tensors are rounded to 16 bits, and clips are "
        "repeated and padded to 10 s.",
    ),
    "laion-clap-unfused": Entry(
        description="Log-mel features inside LAION-CLAP without fusion, 64 bands at 48 kHz",
        config=_PANNS.replace(sample_rate=48000, hop_length=480),
        source=_TORCHLIBROSA + "laion-clap 1.1.7: laion_clap/clap_module/htsat.py",
        models=("LAION-CLAP without enable_fusion", "HTS-AT"),
    ),
    "resemblyzer": Entry(
        description="Resemblyzer's mel spectrogram without a logarithm, 40 bands",
        config=MelConfig(
            sample_rate=16000, n_fft=400, hop_length=160, n_mels=40, layout="time_mel"
        ),
        source="Resemblyzer 0.1.4: resemblyzer/audio.py, wav_to_mel_spectrogram",
        models=("Resemblyzer", "GE2E encoder of Real-Time Voice Cloning"),
        notes="preprocess_wav, which raises quiet audio to -30 dBFS and cuts silence, comes "
        "before. The edges are padded with zeros, as librosa does since 0.9.",
    ),
}
