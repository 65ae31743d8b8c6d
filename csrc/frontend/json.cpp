#include "json.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <locale>
#include <sstream>
#include <stdexcept>

#include "../float_environment.h"

namespace fastmel {

namespace {

constexpr std::size_t longest_text = std::size_t{1} << 26;
constexpr int deepest = 32;
constexpr std::size_t most_names = 1024;  // of an object

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Numbers from text by the C++ library, in the classic locale.
class Numbers {
 public:
  Numbers() { stream_.imbue(std::locale::classic()); }

  double nearest(const std::string& text) {
    stream_.clear();
    stream_.str(text);
    double value = 0;
    stream_ >> value;
    // Libraries differ in what they return for numbers that are too large.
    const double most = std::numeric_limits<double>::max();
    if (!stream_.fail() || std::fabs(value) < most) return value;
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  }

 private:
  const FloatEnvironment environment_;
  std::istringstream stream_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Json whole() {
    if (text_.size() > longest_text) fail("is longer than 64 MiB");
    Json json = value();
    space();
    if (at_ != text_.size()) fail("has more after its value");
    return json;
  }

 private:
  [[noreturn]] void fail(const char* why) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    throw std::invalid_argument("JSON " + std::string(why) + ": line " + std::to_string(line) +
                                ", column " + std::to_string(at_ - start + 1));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  Json value() {
    space();
    switch (peek()) {
      case '{': return nested([this] { return Json{object()}; });
      case '[': return nested([this] { return Json{array()}; });
      case '"': return {string()};
      case 't':
        if (word("true")) return {true};
        break;
      case 'f':
        if (word("false")) return {false};
        break;
      case 'n':
        if (word("null")) return {};
        break;
      default:
        if (peek() == '-' || is_digit(peek())) return number();
    }
    fail(at_ == text_.size() ? "ends where a value is expected" : "has no value here");
  }

  template <class Read>
  Json nested(Read&& read) {
    if (++depth_ > deepest) fail("is nested too deep");
    ++at_;
    Json json = read();
    --depth_;
    return json;
  }

  // After an entry: whether another follows.
  bool more(char end) {
    space();
    if (take(',')) return true;
    if (take(end)) return false;
    fail(end == ']' ? "has no ',' or ']' here" : "has no ',' or '}' here");
  }

  JsonArray array() {
    JsonArray items;
    space();
    if (take(']')) return items;
    do items.push_back(value());
    while (more(']'));
    return items;
  }

  JsonObject object() {
    JsonObject entries;
    space();
    if (take('}')) return entries;
    do {
      space();
      if (peek() != '"') fail("has no name in double quotes here");
      std::string name = string();
      space();
      if (!take(':')) fail("has no ':' here");
      Json json = value();
      const auto known = std::find_if(entries.begin(), entries.end(),
                                      [&](const auto& entry) { return entry.first == name; });
      if (known != entries.end()) {
        known->second = std::move(json);
      } else {
        if (entries.size() == most_names) fail("has an object of more than 1024 names");
        entries.emplace_back(std::move(name), std::move(json));
      }
    } while (more('}'));
    return entries;
  }

  void digits() {
    if (!is_digit(peek())) fail("has no digit here");
    while (is_digit(peek())) ++at_;
  }

  Json number() {
    const std::size_t begin = at_;
    const bool negative = take('-');
    const std::size_t first = at_;
    if (!take('0')) digits();
    const std::string_view whole = text_.substr(first, at_ - first);
    const bool integer = peek() != '.' && peek() != 'e' && peek() != 'E';
    if (take('.')) digits();
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      digits();
    }
    const double nearest = numbers_.nearest(std::string(text_.substr(begin, at_ - begin)));
    if (!integer) return {nearest};
    JsonInteger made{negative, 0, false, nearest};
    for (const char c : whole) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      made.beyond = made.beyond || made.magnitude > (UINT64_MAX - digit) / 10;
      made.magnitude = made.beyond ? UINT64_MAX : made.magnitude * 10 + digit;
    }
    if (made.magnitude == 0) made = {};
    return {made};
  }

  std::string string() {
    std::string made;
    ++at_;
    while (!take('"')) {
      if (at_ == text_.size()) fail("ends within a string");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) fail("has a control character in a string");
      if (c == '\\') {
        escape(made);
      } else {
        const std::size_t length = utf8_length();
        made.append(text_, at_, length);
        at_ += length;
      }
    }
    return made;
  }

  // Of the character that begins here.
  std::size_t utf8_length() const {
    const auto byte = [this](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    bool valid = length != 0 && first < 0xf5;
    for (std::size_t i = 1; i < length; ++i) valid = valid && (byte(i) & 0xc0) == 0x80;
    // Neither longer than need be, nor half of a pair, nor beyond Unicode.
    if (first == 0xe0) valid = valid && byte(1) >= 0xa0;
    if (first == 0xed) valid = valid && byte(1) < 0xa0;
    if (first == 0xf0) valid = valid && byte(1) >= 0x90;
    if (first == 0xf4) valid = valid && byte(1) < 0x90;
    if (!valid) fail("is not UTF-8");
    return length;
  }

  unsigned code_unit() {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek(), lower = static_cast<char>(c | 0x20);
      const bool letter = lower >= 'a' && lower <= 'f';
      if (!letter && !is_digit(c)) fail("has a broken \\u in a string");
      unit = unit * 16 + static_cast<unsigned>(letter ? lower - 'a' + 10 : c - '0');
      ++at_;
    }
    return unit;
  }

  void escape(std::string& made) {
    ++at_;
    constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const std::size_t which = at_ < text_.size() ? names.find(text_[at_]) : names.npos;
    if (which != names.npos) {
      ++at_;
      made += meant[which];
      return;
    }
    if (!take('u')) fail("has an unknown escape in a string");
    unsigned code = code_unit();
    if (code >= 0xd800 && code < 0xe000) {
      const bool pair = code < 0xdc00 && word("\\u");
      const unsigned low = pair ? code_unit() : 0;
      if (low < 0xdc00 || low >= 0xe000) fail("has half of a surrogate pair in a string");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(code, made);
  }

  static void append_utf8(unsigned code, std::string& made) {
    const auto byte = [&](unsigned b) { made += static_cast<char>(b); };
    const auto rest = [&](int shift) { byte(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
      byte(0xc0 | code >> 6);
    } else if (code < 0x10000) {
      byte(0xe0 | code >> 12);
      rest(6);
    } else {
      byte(0xf0 | code >> 18);
      rest(12);
      rest(6);
    }
    rest(0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Numbers numbers_;
};

// What a value looks like in Python; `room` is how many entries of each list are shown.
std::string shown(const Json& json, std::size_t room) {
  struct Show {
    std::size_t room;
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool b) const { return b ? "True" : "False"; }
    std::string operator()(double x) const { return json_number(x); }
    std::string operator()(const JsonInteger& i) const {
      if (i.beyond) return json_number(i.nearest);
      return (i.negative ? "-" : "") + std::to_string(i.magnitude);
    }
    std::string operator()(const std::string& s) const { return "'" + s + "'"; }
    std::string operator()(const JsonArray& items) const {
      std::string text;
      for (std::size_t i = 0; i < items.size() && i <= room; ++i) {
        if (i > 0) text += ", ";
        text += i == room ? "..." : shown(items[i], room / 2);
      }
      return "[" + text + "]";
    }
    std::string operator()(const JsonObject& entries) const {
      std::string text;
      for (std::size_t i = 0; i < entries.size() && i <= room; ++i) {
        if (i > 0) text += ", ";
        text +=
            i == room ? "..." : "'" + entries[i].first + "': " + shown(entries[i].second, room / 2);
      }
      return "{" + text + "}";
    }
  };
  return std::visit(Show{room}, json.value);
}

}  // namespace

const Json* find(const JsonObject& object, std::string_view name) {
  for (const auto& [known, json] : object) {
    if (known == name) return &json;
  }
  return nullptr;
}

Json read_json(std::string_view text) { return Reader(text).whole(); }

namespace {

// An integer of some digits times a power of 10.
struct Decimal {
  std::int64_t digits;
  int exponent;

  std::string text() const { return std::to_string(digits) + "e" + std::to_string(exponent); }
};

// The one of n digits that is nearest to a positive number.
Decimal rounded(double x, int n) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream << std::scientific << std::setprecision(n - 1) << x;
  std::string text = stream.str();
  if (n > 1) text.erase(1, 1);  // the point
  const std::size_t e = text.find('e');
  return {std::stoll(text.substr(0, e)), std::stoi(text.substr(e + 1)) - (n - 1)};
}

// The shortest that reads as the same double; 17 digits do. Next to a power of 2 the nearest one
// may not, and one beside it does. Up to 15 digits a shorter one is the same with zeros at the end,
// but for subnormal numbers.
Decimal shortest(double x) {
  Numbers numbers;
  for (int n = x < std::numeric_limits<double>::min() ? 1 : 15; n < 17; ++n) {
    const Decimal nearest = rounded(x, n);
    for (const int step : {0, 1, -1}) {
      const Decimal some{nearest.digits + step, nearest.exponent};
      if (numbers.nearest(some.text()) == x) return some;
    }
  }
  return rounded(x, 17);
}

}  // namespace

std::string json_number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
  if (x == 0) return std::signbit(x) ? "-0.0" : "0.0";
  const Decimal made = shortest(std::fabs(x));
  std::string digits = std::to_string(made.digits);
  const int exponent = made.exponent + static_cast<int>(digits.size()) - 1;  // of the first digit
  digits.erase(digits.find_last_not_of('0') + 1);
  const int n = static_cast<int>(digits.size());
  const auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  if (exponent < -4 || exponent >= 16) {
    if (n > 1) digits.insert(1, ".");
    const std::string size = std::to_string(std::abs(exponent));
    digits += (exponent < 0 ? "e-" : "e+") + zeros(size.size() < 2 ? 1 : 0) + size;
  } else if (exponent < 0) {
    digits.insert(0, "0." + zeros(-exponent - 1));
  } else if (n <= exponent + 1) {
    digits += zeros(exponent + 1 - n) + ".0";
  } else {
    digits.insert(static_cast<std::size_t>(exponent) + 1, ".");
  }
  return (x < 0 ? "-" : "") + digits;
}

std::string brief(std::string_view text) {
  const auto within = [&](std::size_t i) { return (text[i] & 0xc0) == 0x80; };  // a character
  std::string line(text);
  if (text.size() > 120) {
    std::size_t end = 60, begin = text.size() - 57;
    while (end > 0 && within(end)) --end;
    while (begin < text.size() && within(begin)) ++begin;
    line = std::string(text.substr(0, end)) + "..." + std::string(text.substr(begin));
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  std::replace_if(line.begin(), line.end(), control, ' ');
  return line;
}

std::string brief(const Json& json) { return brief(std::string_view(shown(json, 6))); }

}  // namespace fastmel
