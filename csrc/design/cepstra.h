// The matrix that makes cepstra of logarithms of bands.
#pragma once

#include <vector>

#include "../chain.h"
#include "../names.h"

namespace fastmel {

// How the cosine transform is scaled: as scipy.fft.dct names it; "htk" is "ortho" with row 0 like
// the other rows.
enum class DctNorm { backward, ortho, forward, htk };

constexpr Named<DctNorm> dct_norms[] = {{"backward", DctNorm::backward},
                                        {"ortho", DctNorm::ortho},
                                        {"forward", DctNorm::forward},
                                        {"htk", DctNorm::htk}};

struct CepstraSpec {
  Index n_bands = 0;
  Index n_mfcc = 0;  // rows that are kept, at most n_bands
  int dct_type = 2;  // 1 to 4
  DctNorm norm = DctNorm::ortho;
  double lifter = 0;        // row i times 1 + lifter / 2 sin(pi (i + lifter_offset) / lifter)
  Index lifter_offset = 0;  // 0 in Kaldi, 1 in librosa
  bool use_energy = false;  // the log energy, a further input, is coefficient 0
  bool htk_compat = false;  // coefficient 0 (without energy times sqrt 2) is last, as is the energy
};

// n_mfcc rows of n_bands + use_energy columns. Throws std::invalid_argument.
std::vector<double> cepstral_matrix(const CepstraSpec& spec);

}  // namespace fastmel
