#include "window.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "../close_names.h"
#include "../elementary.h"
#include "../errors.h"
#include "../float_environment.h"
#include "../framing.h"
#include "../names.h"
#include "../unit_circle.h"

namespace fastmel {

namespace {

using Window = std::vector<double>;
using Parameters = std::vector<std::optional<double>>;

constexpr double pi = 3.141592653589793;

double number(std::size_t i) { return static_cast<double>(i); }

double value(const Parameters& p, std::size_t i, double otherwise) {
  return i < p.size() ? p[i].value_or(otherwise) : otherwise;
}

// --- formulas
// Each fills the symmetric window of M = w.size() >= 2 points, which are 0 before.

// Cosines and sines of multiples of pi / (M - 1), by distances to the middle in halves of a step.
class Arc {
 public:
  explicit Arc(const Window& w)
      : last_(static_cast<Index>(w.size()) - 1), circle_(Index{2} * last_) {}

  Index from_middle(std::size_t i) const { return 2 * static_cast<Index>(i) - last_; }
  double cos(Index x) const { return circle_[x].cos.high; }
  double sin(Index x) const { return circle_[x].sin.high; }

 private:
  Index last_;
  UnitCircle circle_;
};

void cosine_sum(const std::vector<double>& a, Window& w) {
  if (number(a.size()) * number(w.size()) > 0x1p50)
    throw std::invalid_argument("window has too many coefficients for its length");
  const Arc arc(w);
  for (std::size_t k = 0; k < a.size(); ++k) {
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] += a[k] * arc.cos(static_cast<Index>(k) * arc.from_middle(i));
    }
  }
}

void hamming_of(double alpha, Window& w) { cosine_sum({alpha, 1.0 - alpha}, w); }

void blackman(const Parameters& p, Window& w) {
  const double middle = value(p, 0, 0.42);
  cosine_sum({middle, 0.5, p.empty() || !p[0] ? 0.08 : 0.5 - middle}, w);
}

void general_cosine(const Parameters& p, Window& w) {
  std::vector<double> coefficients;
  for (const std::optional<double>& coefficient : p) coefficients.push_back(*coefficient);
  cosine_sum(coefficients, w);
}

void povey(const Parameters&, Window& w) {
  hamming_of(0.5, w);
  for (double& v : w) v = exact_power(v, 0.85);
}

void sine(const Parameters&, Window& w) {
  const Arc arc(w);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = arc.sin(static_cast<Index>(i));
}

void boxcar(const Parameters&, Window& w) { std::fill(w.begin(), w.end(), 1.0); }

// Fills the second half with the mirror of the first.
void mirror(Window& w) { std::copy_n(w.begin(), w.size() / 2, w.rbegin()); }

void triang(const Parameters&, Window& w) {
  const std::size_t size = w.size();
  for (std::size_t i = 0; i < (size + 1) / 2; ++i) {
    const double n = number(i + 1);
    w[i] = size % 2 ? 2 * n / (number(size) + 1) : (2 * n - 1) / number(size);
  }
  mirror(w);
}

void bartlett(const Parameters&, Window& w) {
  const double last = number(w.size() - 1);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double rise = 2 * number(i) / last;
    w[i] = number(i) <= last / 2 ? rise : 2 - rise;
  }
}

void barthann(const Parameters&, Window& w) {
  const Arc arc(w);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double offset = std::fabs(number(i) / number(w.size() - 1) - 0.5);
    w[i] = 0.62 - 0.48 * offset + 0.38 * arc.cos(arc.from_middle(i));
  }
}

void parzen(const Parameters&, Window& w) {
  const double size = number(w.size()), last = size - 1;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double n = std::fabs(number(i) - last / 2), x = n / (size / 2);
    w[i] = n <= last / 4 ? 1 - 6 * x * x * (1 - x) : 2 * (1 - x) * (1 - x) * (1 - x);
  }
}

void bohman(const Parameters&, Window& w) {
  const Arc arc(w);
  for (std::size_t i = 1; i + 1 < w.size(); ++i) {
    const Index n = std::abs(arc.from_middle(i));
    const double x = static_cast<double>(n) / number(w.size() - 1);
    w[i] = (1 - x) * arc.cos(n) + 1 / pi * arc.sin(n);
  }
}

void cosine(const Parameters&, Window& w) {
  const Index size = static_cast<Index>(w.size());
  const UnitCircle circle(4 * size);
  for (Index i = 0; i < size; ++i) w[static_cast<std::size_t>(i)] = circle[2 * i + 1].sin.high;
}

void lanczos(const Parameters&, Window& w) {
  const Arc arc(w);
  for (std::size_t i = 0; i < w.size() / 2; ++i) {
    const Index n = -arc.from_middle(i);
    w[i] = arc.sin(n) / (pi * (static_cast<double>(n) / number(w.size() - 1)));
  }
  if (w.size() % 2) w[w.size() / 2] = 1;
  mirror(w);
}

void tukey(const Parameters& p, Window& w) {
  const double alpha = value(p, 0, 0.5);
  if (alpha <= 0) return boxcar(p, w);
  if (alpha >= 1) return hamming_of(0.5, w);
  const double turn = alpha * number(w.size() - 1);
  std::vector<double> x(static_cast<std::size_t>(std::floor(turn / 2)) + 1), cos(x.size()),
      sin(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = number(i);
  circle_points(x.data(), static_cast<Index>(x.size()), turn, cos.data(), sin.data());
  boxcar(p, w);
  for (std::size_t i = 0; i < x.size(); ++i) {
    w[i] = w[w.size() - 1 - i] = 0.5 * (1 - cos[i]);
  }
}

void exponential(const Parameters& p, Window& w) {
  const double center = value(p, 0, number(w.size() - 1) / 2), tau = value(p, 1, 1);
  for (std::size_t i = 0; i < w.size(); ++i) {
    w[i] = exact_exp(-std::fabs(number(i) - center) / tau);
  }
}

void gaussian(const Parameters& p, Window& w) {
  const double deviation = *p[0], middle = number(w.size() - 1) / 2;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double n = number(i) - middle;
    w[i] = exact_exp(-(n * n) / (2 * deviation * deviation));
  }
}

void general_gaussian(const Parameters& p, Window& w) {
  const double middle = number(w.size() - 1) / 2;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double n = number(i) - middle;
    w[i] = exact_exp(-0.5 * exact_power(std::fabs(n / *p[1]), 2 * *p[0]));
  }
}

void kaiser(const Parameters& p, Window& w) {
  const double beta = *p[0], middle = exact_bessel_i0(beta), last = number(w.size() - 1);
  for (std::size_t i = 0; i < (w.size() + 1) / 2; ++i) {
    const double x = (2 * number(i) - last) / last;
    w[i] = exact_bessel_i0(beta * std::sqrt((1 - x) * (1 + x))) / middle;
  }
  mirror(w);
}

// --- names

constexpr std::size_t any_number = std::size_t(-1);

struct Row {
  std::string_view name;
  void (*formula)(const Parameters&, Window&) = nullptr;  // null: left to SciPy
  std::size_t needs = 0, takes = 0;                       // parameters
  bool symmetric = false;                                 // unless a suffix says otherwise
};

// Cosine sums: Harris (1978), Nuttall (1981); the flat top: D'Antona and Ferrero (2006). "povey"
// and "sine", and the parameter of "blackman", are those of Kaldi's feature-window.cc.
const Row rows[] = {
    {"barthann", barthann},
    {"bartlett", bartlett},
    {"blackman", blackman, 0, 1},
    {"blackmanharris",
     [](const Parameters&, Window& w) { cosine_sum({0.35875, 0.48829, 0.14128, 0.01168}, w); }},
    {"bohman", bohman},
    {"boxcar", boxcar},
    {"chebwin"},
    {"cosine", cosine},
    {"dpss"},
    {"exponential", exponential, 0, 2},
    {"flattop",
     [](const Parameters&, Window& w) {
       cosine_sum({0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}, w);
     }},
    {"gaussian", gaussian, 1, 1},
    {"general_cosine", general_cosine, 1, any_number},
    {"general_gaussian", general_gaussian, 2, 2},
    {"general_hamming", [](const Parameters& p, Window& w) { hamming_of(*p[0], w); }, 1, 1},
    {"hamming", [](const Parameters&, Window& w) { hamming_of(0.54, w); }},
    {"hann", [](const Parameters&, Window& w) { hamming_of(0.5, w); }},
    {"kaiser", kaiser, 1, 1},
    {"kaiser_bessel_derived"},
    {"lanczos", lanczos},
    {"nuttall", [](const Parameters&,
                   Window& w) { cosine_sum({0.3635819, 0.4891775, 0.1365995, 0.0106411}, w); }},
    {"parzen", parzen},
    {"povey", povey, 0, 0, true},
    {"sine", sine, 0, 0, true},
    {"taylor"},
    {"triang", triang},
    {"tukey", tukey, 0, 1},
};

// SciPy's other names.
constexpr Named<std::string_view> aliases[] = {
    {"brthan", "barthann"},
    {"bth", "barthann"},
    {"bart", "bartlett"},
    {"brt", "bartlett"},
    {"black", "blackman"},
    {"blk", "blackman"},
    {"blackharr", "blackmanharris"},
    {"bkh", "blackmanharris"},
    {"bman", "bohman"},
    {"bmn", "bohman"},
    {"box", "boxcar"},
    {"ones", "boxcar"},
    {"rect", "boxcar"},
    {"rectangular", "boxcar"},
    {"cheb", "chebwin"},
    {"halfcosine", "cosine"},
    {"poisson", "exponential"},
    {"flat", "flattop"},
    {"flt", "flattop"},
    {"gauss", "gaussian"},
    {"gss", "gaussian"},
    {"general cosine", "general_cosine"},
    {"general gaussian", "general_gaussian"},
    {"general_gauss", "general_gaussian"},
    {"general gauss", "general_gaussian"},
    {"ggs", "general_gaussian"},
    {"general hamming", "general_hamming"},
    {"hamm", "hamming"},
    {"ham", "hamming"},
    {"han", "hann"},
    {"ksr", "kaiser"},
    {"kaiser bessel derived", "kaiser_bessel_derived"},
    {"kbd", "kaiser_bessel_derived"},
    {"sinc", "lanczos"},
    {"nutl", "nuttall"},
    {"nut", "nuttall"},
    {"parz", "parzen"},
    {"par", "parzen"},
    {"taylorwin", "taylor"},
    {"triangle", "triang"},
    {"tri", "triang"},
    {"tuk", "tukey"},
};

// What a message says of a window.
std::string described(std::string_view name, const Parameters& p) {
  if (p.empty()) return "window=" + quoted(name);
  std::string text = "window=(" + quoted(name);
  for (std::size_t i = 0; i < std::min<std::size_t>(p.size(), 6); ++i) {
    text += ", " + (p[i] ? shown(*p[i]) : "None");
  }
  return text + (p.size() > 6 ? ", ...)" : ")");
}

// Takes a suffix off the name, and sets what it says.
bool take_suffix(std::string_view& name, std::string_view suffix) {
  if (name.size() < suffix.size() || name.substr(name.size() - suffix.size()) != suffix) {
    return false;
  }
  name.remove_suffix(suffix.size());
  return true;
}

const Row& row_named(std::string_view name, const std::string& given) {
  for (const auto& [alias, full] : aliases) {
    if (name == alias) name = full;
  }
  std::vector<std::string_view> known;
  for (const Row& row : rows) {
    if (name == row.name) return row;
    known.push_back(row.name);
  }
  throw std::invalid_argument(given + " is unknown; " + meant(name, known) +
                              "accepted: " + join(known, ", "));
}

void check_parameters(const Row& row, std::string_view name, const Parameters& p, bool periodic,
                      const std::string& given) {
  const std::size_t n = p.size();
  if (row.formula == nullptr) {
    throw std::invalid_argument(given + " is left to SciPy: give its values");
  }
  if (n < row.needs || n > row.takes) {
    std::string takes = std::to_string(row.needs);
    if (row.takes == any_number) {
      takes += " or more";
    } else if (row.needs < row.takes) {
      takes += " to " + std::to_string(row.takes);
    }
    const std::string tuple = ": give a tuple (" + quoted(name) + ", parameter, ...)";
    throw std::invalid_argument(given + " has " + std::to_string(n) + " parameters, but " +
                                quoted(name) + " takes " + takes + (row.needs ? tuple : ""));
  }
  const std::string cannot = given + " cannot be made with these parameters: ";
  for (std::size_t i = 0; i < n; ++i) {
    const bool optional = i >= row.needs && row.takes != any_number;
    if (!p[i] && !optional) throw WrongType(cannot + "numbers are needed");
    if (p[i] && std::isnan(*p[i])) throw std::invalid_argument(cannot + "NaN is no number");
  }
  if (row.formula == exponential && !periodic && n > 0 && p[0]) {
    throw std::invalid_argument(given + ": a symmetric exponential window has center None");
  }
}

}  // namespace

std::vector<double> make_window(std::string_view name, const Parameters& parameters, Index length,
                                bool periodic) {
  require(length >= 1 && length <= longest_hop, "win_length", "must be in [1, 2**40]");
  const std::string given = described(name, parameters);
  const bool asked = take_suffix(name, "_periodic");
  const bool refused = !asked && take_suffix(name, "_symmetric");
  const Row& row = row_named(name, given);
  periodic = asked || (periodic && !refused && !row.symmetric);
  check_parameters(row, name, parameters, periodic, given);
  if (length == 1) return {1.0};
  // The periodic window is the symmetric one of one more point without its last.
  Window w(static_cast<std::size_t>(length + periodic));
  const FloatEnvironment environment;
  row.formula(parameters, w);
  w.resize(static_cast<std::size_t>(length));
  if (!std::all_of(w.begin(), w.end(), [](double v) { return std::isfinite(v); })) {
    throw std::invalid_argument(given + " gives values that are not finite");
  }
  return w;
}

}  // namespace fastmel
