"""Plausible faults, one a line of the sources: what a slip of the hand or of the mind would do.

Each is caught by some test, or says in `equivalent` why no test could or should notice it.
`seen_by` names the tests to run first, as pytest takes them; the quick part of the suite decides.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """In `file`, `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str
    seen_by: str
    equivalent: str = ""


_PY = "python/fastmel/"

CPP = [
    # filters, windows and lengths
    Fault(
        "csrc/design/mel.cpp",
        "const double first = spec.vtln_low * std::max(1.0, spec.vtln_warp);",
        "const double first = spec.vtln_low * std::min(1.0, spec.vtln_warp);",
        "test_definitions.py test_filterbank.py",
    ),
    Fault(
        "csrc/design/mel.cpp",
        "case MelScale::kaldi: return 1127 * exact_log(1 + hz / 700);",
        "case MelScale::kaldi: return 1127.01048 * exact_log(1 + hz / 700);",
        "test_definitions.py test_filterbank.py",
    ),
    Fault(
        "csrc/design/mel.cpp",
        "case MelScale::htk: return 700 * (exact_exp10(mels / 2595) - 1);",
        "case MelScale::htk: return 700 * (exact_exp10(mels / 2595.1) - 1);",
        "test_filterbank.py",
    ),
    Fault(
        "csrc/design/mel.cpp",
        "norm.area ? 2 / widths[m] : 1",
        "norm.area ? 1 / widths[m] : 1",
        "test_filterbank.py",
    ),
    Fault(
        "csrc/design/mel.cpp",
        "std::lower_bound(t.bins.begin(), t.bins.end(), lower)",
        "std::upper_bound(t.bins.begin(), t.bins.end(), lower)",
        "test_definitions.py test_filterbank.py",
    ),
    Fault(
        "csrc/design/mel.cpp",
        "const double size = static_cast<double>(spec.n_fft + 1);",
        "const double size = static_cast<double>(spec.n_fft);",
        "test_definitions.py test_filterbank.py",
    ),
    Fault(
        "csrc/design/mel.cpp",
        "spec.exclude == MelExclude::nyquist && spec.n_fft % 2 == 0;",
        "spec.exclude == MelExclude::nyquist;",
        "test_filterbank.py",
    ),
    Fault(
        "csrc/design/window.cpp",
        "Window w(static_cast<std::size_t>(length + periodic));",
        "Window w(static_cast<std::size_t>(length));",
        "test_windows.py",
    ),
    Fault(
        "csrc/design/window.cpp",
        "v = exact_power(v, 0.85);",
        "v = exact_power(v, 0.8);",
        "test_windows.py",
    ),
    Fault(
        "csrc/design/cepstra.cpp",
        "matrix.scale_row(i, 1 + lifter / 2 *",
        "matrix.scale_row(i, 1 + lifter *",
        "test_frontend.py test_configurations.py test_kaldi.py",
    ),
    Fault(
        "csrc/design/cepstra.cpp",
        "if (spec.dct_type <= 2 && ortho && at_end(i)) value *= half;",
        "if (spec.dct_type == 2 && ortho && at_end(i)) value *= half;",
        "test_compat_librosa.py test_filterbank.py",
    ),
    Fault(
        "csrc/framing.cpp",
        "return (n_samples + hop / 2) / hop;",
        "return (n_samples + (hop - 1) / 2) / hop;",
        "test_definitions.py test_frontend.py",
    ),
    Fault(
        "csrc/framing.cpp",
        "case FrameCount::ceil: return hops_up(n_samples, hop);",
        "case FrameCount::ceil: return 1 + n_samples / hop;",
        "test_definitions.py test_frontend.py",
    ),
    Fault(
        "csrc/framing.cpp",
        "return 1 + hops_up(std::max<Index>(padded - length, 0), hop);",
        "return std::max<Index>(1, hops_up(std::max<Index>(padded - length, 0), hop));",
        "test_definitions.py test_frontend.py",
    ),
    # framing and padding
    Fault("csrc/framing.cpp", "return count + 1;", "return count;", "test_ranges.py"),
    Fault(
        "csrc/framing.cpp",
        "span.begin = std::max(span.begin - 1, lowest);",
        "span.begin = std::max(span.begin, lowest);",
        "test_ranges.py",
    ),
    Fault(
        "csrc/framing.cpp",
        "const Index lowest = emphasis.first_has_previous ? -1 : 0;",
        "const Index lowest = 0;",
        "test_ranges.py test_core.py",
    ),
    Fault(
        "csrc/stages/frames.h",
        "const index once = i < 0 ? -i - repeat : 2 * (n - 1) + repeat - i;",
        "const index once = i < 0 ? -i - repeat : 2 * (n - 1) - i;",
        "test_compat_librosa.py",
    ),
    Fault(
        "csrc/stages/frames.h",
        "const index period = pad == Pad::reflect ? 2 * (n - 1) : 2 * n;",
        "const index period = 2 * n;",
        "test_compat_librosa.py",
    ),
    Fault(
        "csrc/stages/frames.h",
        "static_cast<double>(width - outside) * step",
        "static_cast<double>(width - outside + 1) * step",
        "test_compat_librosa.py",
    ),
    Fault(
        "csrc/stages/frames.h",
        "if (i == 0 && !emphasis.first_has_previous) return x;",
        "if (i == 0) return x;",
        "test_definitions.py test_core.py test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/stages/frames.h",
        "begin + (lanes - 1) * hop + n_fft <= signal.end;",
        "begin + (lanes - 1) * hop <= signal.end;",
        "test_bits.py test_core.py",
    ),
    # window
    Fault(
        "csrc/stages/window.h",
        "use(i, n - i, tile + (i - (n - lanes)));",
        "use(i, n - i, tile);",
        "test_core.py test_fft.py test_compat_librosa.py",
    ),
    # frames before their transform
    Fault(
        "csrc/stages/prepare.h",
        "sum / vec<T>(static_cast<T>(n))",
        "sum / vec<T>(static_cast<T>(n_fft))",
        "test_kaldi.py test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/stages/prepare.h",
        "vec<T> previous = x[place[0]] - mean;",
        "vec<T> previous(T(0));",
        "test_kaldi.py test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/stages/prepare.h",
        "return (x[place[i]] - mean) * (x[place[i]] - mean);",
        "return x[place[i]] * x[place[i]];",
        "test_kaldi.py test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/stages/prepare.h",
        "return log(max_keep_nan(floor, scaled), log_base<T>(Log::ln));",
        "return log(scaled, log_base<T>(Log::ln));",
        "test_core.py",
    ),
    Fault(
        "csrc/stages/prepare.h",
        "normal_deviates_at<T>(start, first_frame * n + i, n);",
        "normal_deviates_at<T>(start, first_frame + i, n);",
        "test_dither.py",
    ),
    Fault(
        "csrc/stages/one_frame.h",
        "normal_deviates_at<T>(start, at * n + i, 1)",
        "normal_deviates_at<T>(start, at * n, 1)",
        "test_ranges.py",
    ),
    Fault(
        "csrc/stages/one_frame.h",
        "x[-1] = x[0];",
        "x[-1] = T(0);",
        "test_ranges.py",
    ),
    Fault(
        "csrc/stages/frame_fft.h",
        "return mirrored && part == 0 ? -w : w;",
        "return w;",
        "test_ranges.py",
    ),
    Fault("csrc/plan.cpp", "preparation.dither /= scale;", "", "test_dither.py"),
    Fault(
        "csrc/plan.cpp",
        "if (preparation.energy == Energy::raw) preparation.energy_gain *= scale * scale;",
        "if (preparation.energy == Energy::raw) preparation.energy_gain *= scale;",
        "test_kaldi.py test_frontend.py test_configurations.py",
    ),
    # transform
    Fault(
        "csrc/stages/fused_fft.h",
        "return k % f.split * sub_stride() + order[static_cast<std::size_t>(k / f.split)];",
        "return k % f.split * sub_stride() + 2 * (k / f.split);",
        "test_fft.py",
    ),
    Fault(
        "csrc/stages/fused_fft.h",
        "for (index j = 0; j < m; ++j) {\n        for (index k = 1; k < f.stage[s]; ++k) "
        "add(stages, j * k, n);",
        "for (index j = 0; j < m; ++j) {\n        for (index k = 1; k < f.stage[s]; ++k) "
        "add(stages, j * k, m);",
        "test_fft.py",
    ),
    # spectrum
    Fault(
        "csrc/stages/spectrum.h",
        "return power == 1 ? sqrt(square) : raise(square, power / 2);",
        "return power == 1 ? sqrt(square) : raise(square, power);",
        "test_compat_librosa.py test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/stages/spectrum.h",
        "spectrum[k] = max_keep_nan(floor, spectrum[k]) + add;",
        "spectrum[k] = max_keep_nan(floor, spectrum[k] + add);",
        "test_frontend.py",
    ),
    # bands
    Fault(
        "csrc/stages/mel.h",
        "for (index j = common; j < bands.count[m + b]; ++j) {",
        "for (index j = common; j + 1 < bands.count[m + b]; ++j) {",
        "test_core.py test_ranges.py",
    ),
    Fault(
        "csrc/stages/mel.h",
        "if (sum_lanes(check - check) == T(0)) return;",
        "return;",
        "test_core.py test_bad_input.py",
    ),
    Fault(
        "csrc/filterbank.cpp",
        "packed_start_.push_back(std::max(std::min(start_[b], n_inputs_ - widest), Index{0}));",
        "packed_start_.push_back(start_[b]);",
        "test_core.py",
        "what is read behind the spectrum has the weight 0; what is not finite is summed anew",
    ),
    # level
    Fault(
        "csrc/stages/log.h",
        "static_cast<T>(level.peak) - static_cast<T>(level.range)",
        "-static_cast<T>(level.range)",
        "test_whisper.py test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/stages/log.h",
        "const vec<T> floored = max_keep_nan(floor_, x) + add_;",
        "const vec<T> floored = max_keep_nan(floor_, x + add_);",
        "test_core.py",
    ),
    Fault(
        "csrc/stages/log.h",
        "const vec<T> y = (max_keep_nan(lowest_, logarithm(x) - reference_) + shift_) * gain_;",
        "const vec<T> y = max_keep_nan(lowest_, logarithm(x) - reference_) * gain_ + shift_;",
        "test_core.py",
    ),
    Fault(
        "csrc/stages/reduce.h",
        "if (i + 2 < n) c = combine(get(i + 2), c);",
        "",
        "test_ranges.py",
    ),
    Fault(
        "csrc/plan_run.cpp",
        "const bool of_all = spec_.level->scope == Scope::batch && how.one_batch;",
        "const bool of_all = spec_.level->scope == Scope::batch;",
        "test_ranges.py test_frontend.py",
    ),
    # what is stored
    Fault(
        "csrc/stages/store.h",
        "for (index f = 0; f < n_frames; ++f) row[f * out.frame_stride] = lane[f];",
        "for (index f = 0; f < lanes; ++f) row[f * out.frame_stride] = lane[f];",
        "test_core.py test_bindings.py",
    ),
    Fault(
        "csrc/stages/overlap_add.h",
        "add_in_double(weight + i, w * w);",
        "add_in_double(weight + i, w);",
        "test_compat_librosa.py",
    ),
    Fault(
        "csrc/stages/overlap_add.h",
        "const index until = done < n_out - at ? done : n_out - at;",
        "const index until = done;",
        "test_core.py test_bindings.py",
    ),
    Fault("csrc/stages/pcen.h", "z[j] = (1.0 - b) * m;", "z[j] = m - b;", "test_compat_librosa.py"),
    Fault(
        "csrc/stages/normalize.h",
        "for (index i = 0; t + i < n_frames_; ++i) part[i] += last[i];",
        "for (index i = 1; t + i < n_frames_; ++i) part[i] += last[i];",
        "test_core.py test_statistics.py",
    ),
    # what is refused, interrupted, shared
    Fault(
        "csrc/plan_run.cpp",
        "if (statistics.not_finite) lower_to(first_bad, cursor.item());",
        "",
        "test_core.py test_bad_input.py",
    ),
    Fault(
        "csrc/plan_items.cpp",
        "return finite(signal.begin, std::min(first, signal.end)) &&",
        "return",
        "test_bad_input.py",
    ),
    Fault(
        "csrc/plan_items.cpp",
        "(signal.begin <= needed.begin && needed.end <= signal.end)",
        "(needed.end <= signal.end)",
        "test_ranges.py",
    ),
    Fault(
        "csrc/parallel.h",
        "if (failure) std::rethrow_exception(failure);",
        "",
        "test_bindings.py",
    ),
    Fault(
        "csrc/parallel.h",
        "std::chrono::milliseconds(50)",
        "std::chrono::milliseconds(5000)",
        "test_processes.py::test_ctrl_c_leaves_out_untouched_or_right",
    ),
    Fault(
        "csrc/float_environment.cpp",
        "set_control(static_cast<Control>(saved_));",
        "set_control(standard);",
        "test_environments.py",
    ),
    Fault(
        "csrc/lattice.cpp",
        "return meet(0, 0) || meet(unsign(period), 0) || meet(0, unsign(period));",
        "return meet(0, 0);",
        "test_core.py",
    ),
    Fault(
        "csrc/lattice.cpp",
        "end = period != 0 && end > unsign(period) ? end - unsign(period) : 0;",
        "end = 0;",
        "test_core.py",
    ),
    Fault(
        "csrc/array.cpp",
        "require(array.strides[d] != 0 || array.shape[d] <= 1, array.name,",
        "require(true, array.name,",
        "test_core.py test_bindings.py",
    ),
    Fault(
        "csrc/lattice.cpp",
        "longer.step / divisor < shorter.extent && shorter.step / divisor < longer.extent;",
        "longer.step < shorter.extent && shorter.step < longer.extent;",
        "test_core.py",
    ),
    # streams
    Fault(
        "csrc/stream.cpp",
        "case FrameCount::round: counts = hop - hop / 2; break;",
        "case FrameCount::round: counts = hop / 2; break;",
        "test_streaming.py::test_latency_where_frames_wait_for_their_count",
    ),
    Fault(
        "csrc/stream.cpp",
        "if (n <= 0 || n < mirrored_) return 0;",
        "if (n <= 0) return 0;",
        "test_streaming.py::test_every_front_end",
    ),
    Fault(
        "csrc/stream.cpp",
        "const Index next = frame * framing.hop_length - framing.offset + lost_ - previous_;",
        "const Index next = frame * framing.hop_length - framing.offset + lost_;",
        "test_streaming.py",
    ),
    Fault(
        "csrc/stream_group.cpp",
        "step.out.type != real || !plan.inside(stream.n_frames_);",
        "step.out.type != real;",
        "test_streaming.py",
    ),
    Fault(
        "csrc/stream.cpp",
        "std::fill(samples_.begin(), samples_.end(), char{0});",
        "",
        "test_streaming.py::test_another_type_after_reset",
    ),
    Fault(
        "csrc/stream.cpp",
        "state.begin <= plan_->first_kept(n, state.n_frames),",
        "true,",
        "test_streaming.py::test_state_that_is_no_streams",
    ),
    Fault(
        "csrc/frontend/sliding.cpp",
        "for (Index i = block + 1; i < last_block; ++i)",
        "for (Index i = block + 1; i <= last_block; ++i)",
        "test_kaldi.py",
    ),
    # the C library
    Fault(
        "csrc/c_plan.cpp",
        "require(n_features == 0 || n_frames <= size / n_features,",
        "require(n_frames <= size,",
        "test_library.py",
    ),
    Fault(
        "csrc/frontend/samples.cpp",
        "require(lie_apart(features),",
        "require(true,",
        "test_library_frontends.py",
    ),
    Fault(
        "csrc/frontend/frontend.cpp",
        "item.first = work(i).first;",
        "item.first = 0;",
        "test_library_frontends.py",
    ),
    # configurations
    Fault(
        "csrc/frontend/plan_of.cpp",
        "(config.n_fft - length) / 2 : 0;",
        "(config.n_fft - length + 1) / 2 : 0;",
        "test_definitions.py test_frontend.py",
    ),
    Fault(
        "csrc/frontend/plan_of.cpp",
        'return config.peak.is("batch") && !config.ref.is("max") ?',
        'return config.peak.is("batch") ?',
        "test_definitions.py test_frontend.py",
    ),
    Fault(
        "csrc/frontend/plan_of.cpp",
        'made.energy_gain = config.energy_of == "spectrum" ? config.mel_gain : 1;',
        "made.energy_gain = 1;",
        "test_frontend.py test_configurations.py",
    ),
    Fault(
        "csrc/frontend/plan_of.cpp",
        'level.scale = config.log == "dB" ? 10 : 1;',
        'level.scale = config.log == "dB" ? 10 : 2;',
        "test_frontend.py",
    ),
    Fault(
        "csrc/frontend/rules.cpp",
        "if (!(c.fmin < c.upper_frequency())) {",
        "if (c.fmin > c.upper_frequency()) {",
        "test_bad_input.py test_frontend.py test_library_frontends.py",
    ),
]

PYTHON = [
    # framing and lengths
    Fault(
        _PY + "_engine/plan.py",
        "(beside // 2, beside - beside // 2)",
        "(beside - beside // 2, beside // 2)",
        "test_compat_librosa.py",
    ),
    Fault(
        _PY + "_engine/compute.py",
        "max([0, *reflected]) + lost",
        "max([0, *reflected])",
        "test_definitions.py test_frontend.py",
    ),
    # after the logarithm
    Fault(
        _PY + "_engine/pcen.py",
        "return 2 / (math.sqrt(1 + 4 * (t * t)) + 1)",
        "return 2 / (math.sqrt(1 + 4 * t) + 1)",
        "test_compat_librosa.py",
    ),
    Fault(
        _PY + "_engine/pcen.py",
        "width[axis] = (size // 2, size - size // 2 - 1)",
        "width[axis] = (size - size // 2 - 1, size // 2)",
        "test_compat_librosa.py",
    ),
    # steps
    Fault(
        _PY + "steps.py",
        "reach, frames = (self.window - 1) // 2, array.shape[-2]",
        "reach, frames = self.window // 2, array.shape[-2]",
        "test_definitions.py test_steps.py",
    ),
    Fault(
        _PY + "steps.py",
        "[array] * max(1, self.n_samples // count)",
        "[array] * max(1, -(-self.n_samples // count))",
        "test_definitions.py test_steps.py",
    ),
    Fault(
        _PY + "steps.py",
        "floor = array.max(axis=(-2, -1), keepdims=True)",
        "floor = array.max(keepdims=True)",
        "test_definitions.py test_steps.py",
    ),
    Fault(
        _PY + "steps.py",
        "return count - count % self.frames",
        "return _up(count, self.frames)",
        "test_definitions.py test_steps.py",
    ),
    # the catalogue
    Fault(
        _PY + "_catalogue/huggingface.py",
        "fmin=125.0,\n            fmax=7600.0,",
        "fmin=125.0,\n            fmax=7500.0,",
        "originals/test_stored.py test_frontend.py",
    ),
    Fault(
        _PY + "_catalogue/whisper.py",
        "_128 = _80.replace(n_mels=128)",
        "_128 = _80.replace(n_mels=128, dynamic_range=8.5)",
        "originals/test_stored.py test_whisper.py",
    ),
    Fault(
        _PY + "_catalogue/tagging.py",
        "fmin=125.0,\n    fmax=7500.0,",
        "fmin=125.0,\n    fmax=7600.0,",
        "originals/test_stored.py",
    ),
    Fault(
        _PY + "_catalogue/speech_synthesis.py",
        "mel_sample_rate=16000.0,",
        "mel_sample_rate=24000.0,",
        "originals/test_stored.py",
    ),
    # extractors
    Fault(
        _PY + "transformers/_nemo.py",
        "return min(places,",
        "return max(places,",
        "test_definitions.py test_transformers_alone.py",
    ),
    Fault(
        _PY + "transformers/_clips.py",
        'return slice(0, kept) if side == "right" else slice(n - kept, n)',
        "return slice(0, kept)",
        "test_definitions.py test_transformers_alone.py",
    ),
    Fault(
        _PY + "transformers/_clips.py",
        'places < kept if side == "right" else places >= n - kept',
        "places < kept",
        "test_definitions.py test_transformers_alone.py",
    ),
    Fault(
        _PY + "transformers/_language_models.py",
        "max_frequency: float = 7600.0",
        "max_frequency: float = 7500.0",
        "test_definitions.py test_transformers_alone.py",
    ),
    Fault(
        _PY + "transformers/_clips.py",
        "kept = [min(n, up(max_length)) for n in kept]",
        "kept = [min(n, max_length) for n in kept]",
        "test_definitions.py test_transformers_alone.py",
    ),
    Fault(
        _PY + "transformers/_clips.py",
        "np.sqrt(row[:n].var() + 1e-7)",
        "np.sqrt(row.var() + 1e-7)",
        "test_definitions.py test_transformers_alone.py",
    ),
    # other libraries in our place
    Fault(
        _PY + "torch/_arguments.py",
        'torch.hann_window: "hann",',
        'torch.hann_window: "boxcar",',
        "test_torch.py",
    ),
    Fault(
        _PY + "torch/_arguments.py", 'torch.ones: "boxcar",', 'torch.ones: "hann",', "test_torch.py"
    ),
    Fault(
        _PY + "patching/_given.py",
        "np.dtype(np.float32): 5e-7}",
        "np.dtype(np.float32): 5e-2}",
        "test_definitions.py test_patching.py",
    ),
    Fault(
        _PY + "_base/tensors.py",
        "if tensor.requires_grad and torch.is_grad_enabled():",
        "if False:",
        "test_torch.py test_patching_torch.py",
    ),
    # Kaldi
    Fault(
        _PY + "kaldi/_cmvn.py",
        "windows[t] = max(0, t - size - max(0, least - n_frames)), min(least, n_frames)",
        "windows[t] = max(0, t - size), min(least, n_frames)",
        "test_kaldi.py",
    ),
    Fault(
        _PY + "kaldi/_online.py",
        "return self._stream.ended and last",
        "return last",
        "test_kaldi.py",
    ),
    # streams
    Fault(
        "csrc/frontend/sliding.cpp",
        "std::min(given - window_.before, n_frames - window_.least)",
        "given - window_.before",
        "test_streaming.py::test_sliding_statistics_in_double",
    ),
    Fault(
        _PY + "_streaming/chain.py",
        "samples = dithered(samples, self.config, state.passed)",
        "samples = dithered(samples, self.config)",
        "test_streaming.py::test_any_configuration",
    ),
    Fault(
        _PY + "_streaming/chain.py",
        "latency = self.core.latency + reach.ahead * hop",
        "latency = self.core.latency + reach.ahead",
        "test_streaming.py::test_latency_of_known_front_ends test_streaming.py::test_latency",
    ),
    Fault(
        _PY + "_streaming/chain.py",
        "passed = samples[: int(min(count, max(0, self.most - state.taken)))]",
        "passed = samples",
        "test_streaming.py::test_what_is_cut_and_what_is_filled",
    ),
    Fault(
        _PY + "_streaming/stages.py",
        "forgotten = max(0, end - self._before)",
        "forgotten = end",
        "test_streaming.py::test_frames_around_in_small_parts",
    ),
    Fault(
        _PY + "_streaming/stages.py",
        "skipped += max(0, used - len(held))",
        "pass",
        "test_streaming.py::test_patches_that_overlap_and_that_lie_apart",
    ),
    Fault(
        _PY + "_streaming/stages.py",
        "(other.frames - 1) * self.stride + self.frames,",
        "other.frames * self.stride,",
        "test_streaming.py::test_context_of_two_steps",
    ),
    # arguments, threads, files
    Fault(
        _PY + "_compat/decibels.py",
        "float(np.maximum(amin, _given(ref)))",
        "float(_given(ref))",
        "test_compat_librosa.py",
    ),
    Fault(
        _PY + "_base/arrays.py",
        "and 0 < shape[-1] <= _FEW_SAMPLES and",
        "and 0 < shape[-1] < _FEW_SAMPLES and",
        "test_bad_input.py",
    ),
    Fault(
        _PY + "_base/cache.py",
        "functools.lru_cache(maxsize, typed=True)",
        "functools.lru_cache(maxsize)",
        "test_bad_input.py",
    ),
    Fault(
        _PY + "_base/threads.py",
        "return count if quota >= count else max(1, math.ceil(quota))",
        "return count if quota >= count else max(1, int(quota))",
        "test_threads.py",
    ),
    Fault(
        _PY + "_audio/loading.py",
        "return math.ceil(n * (float(target) / native))",
        "return int(n * (float(target) / native))",
        "test_io.py",
    ),
    Fault(
        _PY + "_engine/config.py",
        "if schema > SCHEMA:",
        "if schema > SCHEMA + 1:",
        "test_frontend.py",
    ),
    Fault(
        _PY + "corpus/_done.py",
        "or format_of(file).is_last(path.parent, last.fields)",
        "or format_of(file)",
        "test_corpus_kill.py",
    ),
    Fault(
        _PY + "_cli/extract.py", "return int(run.summary.failed > 0)", "return 0", "test_extract.py"
    ),
    Fault(
        _PY + "plot/_ticks.py",
        '_CLOSEST = {"y": 0.7,',
        '_CLOSEST = {"y": 7.0,',
        "test_plot.py",
    ),
]

FAULTS = CPP + PYTHON
