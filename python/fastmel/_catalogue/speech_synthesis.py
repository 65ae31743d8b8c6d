"""Mel spectrograms of speech synthesis and vocoders.

Most descend from one of two. Tacotron 2's is centred, of the magnitude. HiFi-GAN's is padded so
that there is one frame per hop, with a small number under the square root of the magnitude.
"""

from __future__ import annotations

from .._engine.config import MelConfig
from .entry import Entry


def _vocoder(sample_rate: int, n_mels: int, fmax: float | None, n_fft: int = 1024) -> MelConfig:
    """Return HiFi-GAN's front end, whose hop is a quarter of the window."""
    hop_length = n_fft // 4
    return MelConfig(
        sample_rate=sample_rate,
        n_fft=n_fft,
        hop_length=hop_length,
        padding=((n_fft - hop_length) // 2, (n_fft - hop_length) // 2),
        pad_mode="reflect",
        power=1.0,
        spectrum_offset=1e-9,
        n_mels=n_mels,
        fmax=fmax,
        log="ln",
        log_floor=1e-5,
        precision="single",
    )


_HIFI_GAN = _vocoder(22050, 80, 8000.0)

_VOCOS = MelConfig(
    sample_rate=24000,
    n_fft=1024,
    hop_length=256,
    pad_mode="reflect",
    power=1.0,
    n_mels=100,
    mel_scale="htk",
    mel_norm=None,
    log="ln",
    log_floor=1e-7,
    precision="single",
)

_BIGVGAN = "NVIDIA/BigVGAN 7d2b454: meldataset.py, mel_spectrogram; configs/"
_COSYVOICE = "FunAudioLLM/CosyVoice ace7c47: examples/libritts/"

SPEECH_SYNTHESIS: dict[str, Entry] = {
    "tacotron2": Entry(
        description="Tacotron 2's log-mel spectrogram, 80 bands at 22.05 kHz",
        # Its transform is a convolution, whose sums are closer than those of a transform in single.
        config=_HIFI_GAN.replace(padding="center", spectrum_offset=0.0, precision="double"),
        source="NVIDIA/tacotron2 185cd24: layers.py, TacotronSTFT",
        models=("Tacotron 2", "WaveGlow", "FastSpeech 2", "FastPitch"),
        notes="The original asserts that samples lie in [-1, 1].",
    ),
    "hifi-gan": Entry(
        description="HiFi-GAN's log-mel spectrogram, 80 bands at 22.05 kHz",
        config=_HIFI_GAN,
        source="jik876/hifi-gan 4769534: meldataset.py, mel_spectrogram; config_v1.json",
        models=("HiFi-GAN V1, V2 and V3",),
        notes="The data set scales each file to a peak of 0.95 before.",
    ),
    "bigvgan-22khz-80band": Entry(
        description="BigVGAN's log-mel spectrogram, 80 bands to 8 kHz at 22.05 kHz",
        config=_HIFI_GAN,
        source=_BIGVGAN + "bigvgan_22khz_80band.json, bigvgan_base_22khz_80band.json, "
        "bigvgan_v2_22khz_80band_fmax8k_256x.json",
        models=(
            "bigvgan_22khz_80band",
            "bigvgan_base_22khz_80band",
            "bigvgan_v2_22khz_80band_fmax8k_256x",
        ),
    ),
    "bigvgan-24khz-100band": Entry(
        description="BigVGAN's log-mel spectrogram, 100 bands at 24 kHz",
        config=_vocoder(24000, 100, None),
        source=_BIGVGAN + "bigvgan_24khz_100band.json, bigvgan_base_24khz_100band.json, "
        "bigvgan_v2_24khz_100band_256x.json",
        models=(
            "bigvgan_24khz_100band",
            "bigvgan_base_24khz_100band",
            "bigvgan_v2_24khz_100band_256x",
        ),
    ),
    "bigvgan-v2-22khz-80band": Entry(
        description="BigVGAN's log-mel spectrogram, 80 bands of the full range at 22.05 kHz",
        config=_vocoder(22050, 80, None),
        source=_BIGVGAN + "bigvgan_v2_22khz_80band_256x.json",
        models=("bigvgan_v2_22khz_80band_256x",),
        notes="Also the mel spectrogram of HiFi-GAN's and BigVGAN's training loss.",
    ),
    "bigvgan-v2-44khz-128band-256x": Entry(
        description="BigVGAN's log-mel spectrogram, 128 bands at 44.1 kHz, a hop of 256",
        config=_vocoder(44100, 128, None),
        source=_BIGVGAN + "bigvgan_v2_44khz_128band_256x.json",
        models=("bigvgan_v2_44khz_128band_256x",),
    ),
    "bigvgan-v2-44khz-128band-512x": Entry(
        description="BigVGAN's log-mel spectrogram, 128 bands at 44.1 kHz, a hop of 512",
        config=_vocoder(44100, 128, None, n_fft=2048),
        source=_BIGVGAN + "bigvgan_v2_44khz_128band_512x.json",
        models=("bigvgan_v2_44khz_128band_512x",),
    ),
    "vits": Entry(
        description="VITS' log-mel spectrogram, 80 bands at 22.05 kHz",
        config=_vocoder(22050, 80, None).replace(spectrum_offset=1e-6),
        source="jaywalnut310/vits 2e561ba: mel_processing.py, mel_spectrogram_torch",
        models=("VITS",),
        notes="Silence is about -9.98 here and -11.51 with HiFi-GAN, from another number under the "
        "root.",
    ),
    "vits-linear": Entry(
        description="VITS' linear spectrogram, 513 bins at 22.05 kHz",
        config=_vocoder(22050, 80, None).replace(
            spectrum_offset=1e-6, n_mels=None, log="none", log_floor=1e-10
        ),
        source="jaywalnut310/vits 2e561ba: mel_processing.py, spectrogram_torch",
        models=("VITS", "MMS-TTS", "so-vits-svc"),
    ),
    "vocos": Entry(
        description="Vocos' log-mel spectrogram, 100 bands at 24 kHz",
        config=_VOCOS,
        source="Vocos 0.1.0: vocos/feature_extractors.py, MelSpectrogramFeatures",
        models=("vocos-mel-24khz",),
    ),
    "vocos-same": Entry(
        description="Vocos' log-mel spectrogram with one frame per hop, 100 bands at 24 kHz",
        config=_VOCOS.replace(padding=(384, 384)),
        source='Vocos 0.1.0: vocos/feature_extractors.py, MelSpectrogramFeatures(padding="same")',
    ),
    "f5-tts": Entry(
        description="F5-TTS' log-mel spectrogram for Vocos, 100 bands at 24 kHz",
        config=_VOCOS.replace(log_floor=1e-5),
        source="SWivid/F5-TTS 1.1.22: f5_tts/model/modules.py, get_vocos_mel_spectrogram",
        models=("F5-TTS", "E2-TTS"),
        notes="The floor is 1e-5, where Vocos itself has 1e-7. Reference audio is raised to a root "
        "mean square of 0.1 before.",
    ),
    "f5-tts-bigvgan": Entry(
        description="F5-TTS' log-mel spectrogram for BigVGAN, 100 bands at 24 kHz",
        config=_vocoder(24000, 100, None),
        source="SWivid/F5-TTS 1.1.22: f5_tts/model/modules.py, get_bigvgan_mel_spectrogram",
        models=("F5-TTS with BigVGAN",),
    ),
    "matcha-tts": Entry(
        description="Matcha-TTS' log-mel spectrogram before normalization, 80 bands at 22.05 kHz",
        config=_HIFI_GAN,
        source="Matcha-TTS 0.0.7.2: matcha/utils/audio.py, mel_spectrogram",
        models=("Matcha-TTS",),
    ),
    "matcha-tts-ljspeech": Entry(
        description="Matcha-TTS' normalized log-mel spectrogram for LJSpeech, 80 bands",
        config=_HIFI_GAN.replace(shift=5.536622, gain=1 / 2.116101),
        source="Matcha-TTS 0.0.7.2: matcha/data/text_mel_datamodule.py, get_mel, with the "
        "statistics of configs/data/ljspeech.yaml",
        models=("Matcha-TTS LJSpeech",),
    ),
    "cosyvoice": Entry(
        description="CosyVoice's log-mel spectrogram, 80 bands at 22.05 kHz",
        config=_HIFI_GAN,
        source=_COSYVOICE + "cosyvoice/conf/cosyvoice.yaml, feat_extractor",
        models=("CosyVoice-300M",),
    ),
    "cosyvoice2": Entry(
        description="CosyVoice 2's log-mel spectrogram, 80 bands to 8 kHz at 24 kHz",
        config=_vocoder(24000, 80, 8000.0, n_fft=1920),
        source=_COSYVOICE + "cosyvoice2/conf/cosyvoice2.yaml, feat_extractor",
        models=("CosyVoice2-0.5B",),
    ),
    "cosyvoice3": Entry(
        description="CosyVoice 3's log-mel spectrogram, 80 bands at 24 kHz",
        config=_vocoder(24000, 80, None, n_fft=1920),
        source=_COSYVOICE + "cosyvoice3/conf/cosyvoice3.yaml, feat_extractor",
        models=("Fun-CosyVoice3-0.5B",),
    ),
    "styletts2": Entry(
        description="StyleTTS 2's log-mel spectrogram, 80 bands at 24 kHz",
        config=MelConfig(
            sample_rate=24000,
            n_fft=2048,
            win_length=1200,
            hop_length=300,
            pad_mode="reflect",
            n_mels=80,
            mel_scale="htk",
            mel_norm=None,
            mel_sample_rate=16000.0,
            log="ln",
            log_floor=0.0,
            log_offset=1e-5,
            shift=4.0,
            gain=0.25,
            precision="single",
        ),
        source="yl4579/StyleTTS2 5cedc71: meldataset.py, preprocess",
        models=("StyleTTS 2", "Kokoro"),
        notes="The audio has 24 kHz, but the filters are those of 16 kHz: the original leaves "
        "sample_rate at its default. In training, 5000 zeros precede and follow each file.",
    ),
    "coqui-tts": Entry(
        description="Coqui TTS' normalized log-mel spectrogram, 80 bands at 22.05 kHz",
        config=MelConfig(
            sample_rate=22050,
            n_fft=1024,
            hop_length=256,
            pad_mode="reflect",
            power=1.0,
            n_mels=80,
            log="log10",
            log_floor=1e-8,
            # 20 log10 x is taken less 20, as a share of 100 dB, and stretched to [-4, 4].
            shift=1.5,
            gain=1.6,
            clip=(-4.0, 4.0),
        ),
        source="coqui-tts 0.28.0: TTS/utils/audio/processor.py, AudioProcessor.melspectrogram, "
        "with the defaults of BaseAudioConfig",
        models=("Coqui Tacotron, Glow-TTS and vocoders without stats_path",),
    ),
    "rmvpe": Entry(
        description="RMVPE's log-mel spectrogram for pitch, 128 bands at 16 kHz",
        config=MelConfig(
            sample_rate=16000,
            n_fft=1024,
            hop_length=160,
            pad_mode="reflect",
            power=1.0,
            n_mels=128,
            fmin=30.0,
            fmax=8000.0,
            mel_scale="htk",
            log="ln",
            log_floor=1e-5,
            precision="single",
        ),
        source="RVC-Project/Retrieval-based-Voice-Conversion-WebUI 4338f12: infer/rmvpe.py, "
        "MelSpectrogram",
        models=("RMVPE", "RVC"),
        notes="The HTK scale with Slaney's norm. The model's own padding of frames to a multiple "
        "of 32 follows.",
    ),
}
