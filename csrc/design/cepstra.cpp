#include "cepstra.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "../errors.h"
#include "../float_environment.h"
#include "../framing.h"
#include "../unit_circle.h"

namespace fastmel {

namespace {

void check(const CepstraSpec& spec) {
  require(spec.n_bands >= 1 && spec.n_bands <= longest_hop, "n_bands", "must be in [1, 2**40]");
  require(spec.n_mfcc >= 0 && spec.n_mfcc <= spec.n_bands, "n_mfcc", "must be in [0, n_bands]");
  require(spec.dct_type >= 1 && spec.dct_type <= 4, "dct_type", "must be 1, 2, 3 or 4");
  require(spec.dct_type != 1 || spec.n_bands > 1, "dct_type=1", "needs at least 2 mel bands");
  require(spec.lifter >= 0 && spec.lifter <= 0x1p49, "lifter", "must be in [0, 2**49]");
  require(spec.lifter_offset >= 0 && spec.lifter_offset <= longest_hop, "lifter_offset",
          "must be in [0, 2**40]");
  require(spec.n_mfcc <= furthest / (spec.n_bands + 1) / 8, "n_mfcc", "is too large");
}

// Row-major.
struct Matrix {
  Index n_rows, n_columns;
  std::vector<double> values;

  Matrix(Index rows, Index columns)
      : n_rows(rows), n_columns(columns), values(static_cast<std::size_t>(rows * columns)) {}

  double* row(Index i) { return values.data() + i * n_columns; }
  void scale_row(Index i, double factor) {
    std::for_each(row(i), row(i) + n_columns, [=](double& v) { v *= factor; });
  }
};

// 2 cos(pi row column / period). The cosines mirror a sample that lies on the period's ends onto
// itself: it counts once. To be orthogonal, such columns and rows need the square root of that
// factor instead.
Matrix cosine_transform(const CepstraSpec& spec) {
  const Index n = spec.n_bands, period = spec.dct_type == 1 ? n - 1 : n;
  const bool ortho = spec.norm == DctNorm::ortho || spec.norm == DctNorm::htk;
  const double row_shift = spec.dct_type >= 3 ? 0.5 : 0;
  const double column_shift = spec.dct_type % 2 == 0 ? 0.5 : 0;
  const double half = ortho ? std::sqrt(0.5) : 0.5;
  const double span = static_cast<double>(2 * period);
  const double scale = ortho ? 1 / std::sqrt(span) : spec.norm == DctNorm::forward ? 1 / span : 1;
  const UnitCircle circle(8 * period);
  const auto at_end = [&](Index i) { return i == 0 || (spec.dct_type == 1 && i == n - 1); };

  Matrix matrix(spec.n_mfcc, n);
  for (Index i = 0; i < spec.n_mfcc; ++i) {
    for (Index j = 0; j < n; ++j) {
      const double product =
          (static_cast<double>(i) + row_shift) * (static_cast<double>(j) + column_shift);
      const double turns = std::fmod(product, span);  // while it is exact
      double& value = matrix.row(i)[j];
      value = 2 * circle[static_cast<Index>(4 * turns)].cos.high;
      if (spec.dct_type % 2 == 1 && at_end(j)) value *= half;
      if (spec.dct_type <= 2 && ortho && at_end(i)) value *= half;
      value *= scale;
    }
  }
  return matrix;
}

void lift(Matrix& matrix, double lifter, Index offset) {
  std::vector<double> rank, cos(static_cast<std::size_t>(matrix.n_rows)), sin(cos.size());
  for (Index i = 0; i < matrix.n_rows; ++i) rank.push_back(static_cast<double>(offset + i));
  circle_points(rank.data(), matrix.n_rows, 2 * lifter, cos.data(), sin.data());
  for (Index i = 0; i < matrix.n_rows; ++i) {
    matrix.scale_row(i, 1 + lifter / 2 * sin[static_cast<std::size_t>(i)]);
  }
}

// Coefficient 0 becomes the energy, a column of its own.
Matrix with_energy(Matrix& cepstra, bool last) {
  Matrix matrix(cepstra.n_rows, cepstra.n_columns + 1);
  for (Index i = 1; i < cepstra.n_rows; ++i) {
    std::copy_n(cepstra.row(i), cepstra.n_columns, matrix.row(i) + (last ? 0 : 1));
  }
  if (matrix.n_rows > 0) matrix.row(0)[last ? cepstra.n_columns : 0] = 1;
  return matrix;
}

// Not inline, so that nothing of it is computed before the environment is set.
[[gnu::noinline]] std::vector<double> made(const CepstraSpec& spec) {
  Matrix matrix = cosine_transform(spec);
  const bool first = spec.n_mfcc > 0;
  if (spec.norm == DctNorm::htk && first) matrix.scale_row(0, std::sqrt(2.0));
  if (spec.lifter > 0) lift(matrix, spec.lifter, spec.lifter_offset);
  if (spec.use_energy) {
    matrix = with_energy(matrix, spec.htk_compat);
  } else if (spec.htk_compat && first) {
    matrix.scale_row(0, std::sqrt(2.0));
  }
  if (spec.htk_compat && first) {
    std::rotate(matrix.row(0), matrix.row(1), matrix.row(matrix.n_rows));
  }
  return std::move(matrix.values);
}

}  // namespace

std::vector<double> cepstral_matrix(const CepstraSpec& spec) {
  check(spec);
  const FloatEnvironment environment;
  return made(spec);
}

}  // namespace fastmel
