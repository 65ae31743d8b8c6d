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
  const index in_item = static_cast<index>(sizeof(I)), out_item = static_cast<index>(sizeof(O));
  for (index t = 0; t < n_frames; t += lanes) {
    const index n = n_frames - t < lanes ? n_frames - t : lanes;
    const index frame = in.frame_stride / in_item;
    load_block(Rows<const I>{static_cast<const I*>(in.data) + t * frame,
                             in.feature_stride / in_item, frame},
               n_in, n, x);
    all_bands(bands, x, y);
    const index out_frame = out.frame_stride / out_item;
    store_block(y, bands.n_bands, n,
                Rows<O>{static_cast<O*>(out.data) + t * out_frame, out.feature_stride / out_item,
                        out_frame});
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
