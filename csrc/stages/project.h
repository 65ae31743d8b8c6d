// A matrix times the columns of an existing feature array: a filterbank on a given spectrogram, or
// the cosine transform of a log-mel spectrogram.
#pragma once

#include "mel.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

template <class T, class I, class O>
inline void project(const Bands& bands, index n_in, const Features& in, const Features& out,
                    index n_frames, void* scratch) {
  constexpr index lanes = vec<T>::lanes;
  vec<T>* x = static_cast<vec<T>*>(scratch);
  vec<T>* y = x + n_in;
  for (index t = 0; t < n_frames; t += lanes) {
    const index n = n_frames - t < lanes ? n_frames - t : lanes;
    load_block(rows_of<const I>(in, t), n_in, n, x);
    all_bands(bands, x, y);
    store_block(y, bands.n_bands, n, rows_of<O>(out, t));
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
