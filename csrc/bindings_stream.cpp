// The binding of streams: arrays become signals and features, and results arrays. A push of 10 ms
// computes for some microseconds, so nothing here makes Python objects but the result.
#include <cstring>
#include <utility>

#include "bindings.h"
#include "stream.h"

namespace fastmel {
namespace {

// Work of fewer points keeps the GIL: to take it again may cost more than to compute.
constexpr Index least_released = Index{1} << 17;

template <class F>
void without_gil(const StreamPlan& plan, Index n_frames, F&& f) {
  if (n_frames * plan.plan().spec().framing.n_fft < least_released) return f();
  const WithoutGil released_gil;
  f();
}

Sample sample_of(const py::dtype& dtype) {
  switch (element_of(dtype)) {
    case Element::f32: return Sample::f32;
    case Element::f64: return Sample::f64;
    case Element::i16: return Sample::i16;
    case Element::i32: return Sample::i32;
    default: throw WrongType("chunk must be of float32, float64, int16 or int32");
  }
}

// Samples of the last axis.
Signal signal_of(const py::array& array) {
  Signal signal;
  signal.type = sample_of(array.dtype());
  signal.data = array.data();
  const auto last = array.ndim() - 1;
  signal.stride = array.strides(last);
  signal.end = array.shape(last);
  const Index size = size_of(signal.type);
  const auto address = reinterpret_cast<std::uintptr_t>(signal.data);
  require<WrongType>(address % static_cast<std::uintptr_t>(size) == 0 && signal.stride % size == 0,
                     "chunk", "must be aligned, its stride a multiple of the item size");
  return signal;
}

// What is WrongType here Python makes an array that will do of, or refuses.
Signal chunk_of(const py::handle& object) {
  if (!py::isinstance<py::array>(object)) throw WrongType("chunk must be an array");
  const py::array array = py::reinterpret_borrow<py::array>(object);
  require<WrongType>(array.ndim() == 1, "chunk", "must have one axis");
  return signal_of(array);
}

// What results are like.
struct Layout {
  bool frames_first = false;  // (frames, features); else (features, frames)
  bool complex = false;
  int wide = -1;  // float64: 1 always, 0 never, -1 where the samples are

  Real real(Sample sample) const {
    return wide == 1 || (wide == -1 && sample == Sample::f64) ? Real::f64 : Real::f32;
  }
  py::dtype dtype(Real type) const {
    if (complex) {
      return type == Real::f64 ? py::dtype::of<std::complex<double>>()
                               : py::dtype::of<std::complex<float>>();
    }
    return type == Real::f64 ? py::dtype::of<double>() : py::dtype::of<float>();
  }
  // An array (leading..., features, frames) or (leading..., frames, features).
  py::array array(std::vector<py::ssize_t> leading, Index width, Index n_frames, Real type) const {
    leading.push_back(frames_first ? n_frames : width);
    leading.push_back(frames_first ? width : n_frames);
    return py::array(dtype(type), std::move(leading));
  }
  // The part of a caller's array (n, width, frames), or (n, frames, width), that n_frames take.
  py::array part(const py::array& out, py::ssize_t n, Index width, Index n_frames,
                 Real type) const {
    const int frames = frames_first ? 1 : 2, features = frames_first ? 2 : 1;
    require(out.writeable(), "out", "is read-only; a writeable array is needed");
    if (out.ndim() != 3 || !out.dtype().is(dtype(type)) || out.shape(0) != n ||
        out.shape(features) != width || out.shape(frames) < n_frames) {
      const auto shape =
          frames_first ? py::make_tuple(n, n_frames, width) : py::make_tuple(n, width, n_frames);
      const py::str text(
          "out must have shape {}, or room for more frames, and dtype {}; got {} and {}");
      throw std::invalid_argument(
          text.format(shape, dtype(type), out.attr("shape"), out.dtype()).cast<std::string>());
    }
    std::vector<py::ssize_t> shape(out.shape(), out.shape() + 3);
    shape[static_cast<std::size_t>(frames)] = n_frames;
    return py::array(out.dtype(), shape, {out.strides(0), out.strides(1), out.strides(2)},
                     out.data(), out);
  }
  Features features(const py::array& array, Real type) const {
    const auto axes = array.ndim();
    Features features;
    features.data = const_cast<void*>(array.data());
    features.type = type;
    features.feature_stride = array.strides(axes - (frames_first ? 1 : 2));
    features.frame_stride = array.strides(axes - (frames_first ? 2 : 1));
    return features;
  }
  void check(const py::array& out, Index width, Index n_frames, Real type) const {
    require(out.writeable() && out.ndim() == 2 && out.dtype().is(dtype(type)) &&
                out.shape(frames_first ? 1 : 0) == width &&
                out.shape(frames_first ? 0 : 1) == n_frames,
            "out", "must be a writeable array of the result's shape and dtype");
  }
};

Layout layout_of(const StreamPlan& plan, bool frames_first, const std::optional<bool>& wide) {
  const PlanSpec& spec = plan.plan().spec();
  Layout layout;
  layout.frames_first = frames_first;
  layout.complex = spec.spectrum == Spectrum::complex;
  layout.wide = wide ? *wide : spec.precision == Precision::f64 ? -1 : 0;
  require(layout.wide != 1 || spec.precision == Precision::f64, "wide", "needs a plan in double");
  return layout;
}

std::shared_ptr<StreamPlan> make_plan(std::shared_ptr<const Plan> plan, const std::string& rule,
                                      Index frame_length, Index before, Index after) {
  const Index hop_length = plan->spec().framing.hop_length;
  const FrameRule how{named("frame_count", rule, frame_counts), frame_length, hop_length, before,
                      after};
  return std::make_shared<StreamPlan>(std::move(plan), how);
}

// --- one stream ----------------------------------------------------------------------------------

class PyStream {
 public:
  PyStream(std::shared_ptr<const StreamPlan> plan, bool frames_first, std::optional<bool> wide)
      : stream_(std::move(plan)), layout_(layout_of(stream_.plan(), frames_first, wide)) {}

  // The flag is taken before frames are counted: what another thread pushes between that and the
  // stream's own would make more of them than there is room for.
  py::array push(const py::handle& chunk, const std::optional<py::array>& out) {
    const Signal signal = chunk_of(chunk);
    const InUse in_use(in_use_);
    const Index n = stream_.frames_of(signal.end);
    const Sample type = stream_.begun() || signal.end == 0 ? stream_.type() : signal.type;
    return into(out, n, type, [&](const Features& features) {
      without_gil(stream_.plan(), n, [&] { stream_.push(signal, features); });
    });
  }
  py::array end(const std::optional<py::array>& out) {
    const InUse in_use(in_use_);
    const Index n = stream_.frames_left();
    return into(out, n, stream_.type(), [&](const Features& features) {
      without_gil(stream_.plan(), n, [&] { stream_.end(features); });
    });
  }
  // Of a result, and of that of a stream whose samples are of a type.
  py::dtype dtype() const { return layout_.dtype(layout_.real(stream_.type())); }
  py::dtype dtype_for(const py::dtype& samples) const {
    return layout_.dtype(layout_.real(sample_of(samples)));
  }
  const Stream& stream() const { return stream_; }
  // f(the stream), while no other call goes on.
  template <class F>
  void with(F&& f) {
    const InUse in_use(in_use_);
    f(stream_);
  }

 private:
  template <class F>
  py::array into(const std::optional<py::array>& out, Index n_frames, Sample type, F&& f) {
    const Real real = layout_.real(type);
    const Index width = stream_.plan().plan().n_features();
    if (out) layout_.check(*out, width, n_frames, real);
    py::array result = out ? *out : layout_.array({}, width, n_frames, real);
    f(layout_.features(result, real));
    return result;
  }

  Stream stream_;
  Layout layout_;
  UseFlag in_use_;
};

constexpr const char* sample_types[] = {"f32", "f64", "i16", "i32"};  // in the order of Sample

py::tuple state_of(const Stream& stream) {
  const Stream::State state = stream.state();
  return py::make_tuple(state.n_samples, state.n_frames, state.begin, state.begun, state.ended,
                        sample_types[static_cast<int>(state.type)],
                        py::bytes(state.samples.data(), state.samples.size()));
}

void restore(Stream& stream, const py::tuple& from) {
  require(from.size() == 7, "state", "must have seven entries");
  Stream::State state;
  state.n_samples = from[0].cast<Index>();
  state.n_frames = from[1].cast<Index>();
  state.begin = from[2].cast<Index>();
  state.begun = from[3].cast<bool>();
  state.ended = from[4].cast<bool>();
  const std::string type = from[5].cast<std::string>(), samples = from[6].cast<std::string>();
  const auto named = std::find(std::begin(sample_types), std::end(sample_types), type);
  require(named != std::end(sample_types), "state", "has samples of an unknown type");
  state.type = static_cast<Sample>(named - std::begin(sample_types));
  state.samples.assign(samples.begin(), samples.end());
  stream.restore(state);
}

// --- many streams --------------------------------------------------------------------------------

class PyStreams {
 public:
  PyStreams(std::shared_ptr<const StreamPlan> plan, Index n, bool frames_first,
            std::optional<bool> wide)
      : plan_(std::move(plan)), layout_(layout_of(*plan_, frames_first, wide)) {
    for (Index i = 0; i < n; ++i) add();
  }

  Index add() {
    const InUse in_use = held();
    const auto free = std::find(streams_.begin(), streams_.end(), nullptr);
    if (free != streams_.end()) {
      *free = std::make_unique<Stream>(plan_);
      return free - streams_.begin();
    }
    streams_.push_back(std::make_unique<Stream>(plan_));
    return static_cast<Index>(streams_.size()) - 1;
  }
  void remove(Index i) {
    const InUse in_use = held();
    at(i);
    streams_[static_cast<std::size_t>(i)] = nullptr;
  }
  // f(the stream), while no other call goes on.
  template <class F>
  auto with(Index i, F&& f) {
    const InUse in_use = held();
    return f(at(i));
  }
  Stream& at(Index i) const {
    if (i < 0 || i >= static_cast<Index>(streams_.size()) ||
        streams_[static_cast<std::size_t>(i)] == nullptr) {
      throw py::index_error("there is no stream " + std::to_string(i));
    }
    return *streams_[static_cast<std::size_t>(i)];
  }
  Index size() const { return static_cast<Index>(streams_.size()); }
  bool has(Index i) const {
    return i >= 0 && i < size() && streams_[static_cast<std::size_t>(i)] != nullptr;
  }

  // Item k: chunks[k] of stream which[k].
  py::tuple push(const std::vector<Index>& which, const py::list& chunks, Index workers,
                 const std::optional<py::array>& out) {
    const InUse in_use = held();
    require(which.size() == chunks.size(), "chunks", "must be as many as streams");
    steps_.clear();
    for (std::size_t k = 0; k < which.size(); ++k) {
      try {
        steps_.push_back({&at(which[k]), chunk_of(chunks[k]), 0, {}});
      } catch (const WrongType& error) {
        throw WrongType(item_prefix(k) + error.what());
      }
    }
    return pushed(workers, out);
  }

  // Item k: the first lengths[k] of row k of an array, or all of it, of stream which[k], or k.
  py::tuple push_rows(const std::optional<std::vector<Index>>& which, const py::array& rows,
                      const std::optional<std::vector<Index>>& lengths, Index workers,
                      const std::optional<py::array>& out) {
    const InUse in_use = held();
    require(rows.ndim() == 2, "chunks", "must have two axes");
    const Index n = rows.shape(0);
    require(!which || static_cast<Index>(which->size()) == n, "chunks",
            "must have a row for each stream");
    require(!lengths || static_cast<Index>(lengths->size()) == n, "lengths",
            "must be as many as rows");
    Signal signal = signal_of(rows);
    const char* data = static_cast<const char*>(signal.data);
    const Index row_stride = rows.strides(0), most = signal.end;
    require(n <= 1 || row_stride % size_of(signal.type) == 0, "chunks",
            "must be aligned, their strides multiples of the item size");
    steps_.clear();
    for (Index k = 0; k < n; ++k) {
      const auto at_k = static_cast<std::size_t>(k);
      signal.data = data + k * row_stride;
      if (lengths) {
        signal.end = (*lengths)[at_k];
        require(signal.end >= 0 && signal.end <= most, "lengths",
                "must be from 0 to the length of the rows");
      }
      steps_.push_back({&at(which ? (*which)[at_k] : k), signal, 0, {}});
    }
    return pushed(workers, out);
  }

  py::tuple end(const std::vector<Index>& which) {
    const InUse in_use = held();
    Room room(*this, which.size());
    for (std::size_t k = 0; k < which.size(); ++k) {
      const Stream& stream = at(which[k]);
      room.add(k, stream.frames_left(), stream.begun(), stream.type());
    }
    const py::tuple result = room.make({});
    for (std::size_t k = 0; k < which.size(); ++k)
      at(which[k]).end(room.out(static_cast<Index>(k)));
    return result;
  }

 private:
  // Against calls of other threads, while this one computes without the GIL.
  InUse held() { return InUse(in_use_, "the streams are in use by another thread"); }

  // The padded result of a call.
  class Room {
   public:
    Room(const PyStreams& of, std::size_t n)
        : of_(of), lengths_(static_cast<py::ssize_t>(n)), length_(lengths_.mutable_data()) {}

    void add(std::size_t k, Index n_frames, bool typed, Sample type) {
      length_[k] = n_frames;
      most_ = std::max(most_, n_frames);
      total_ += n_frames;
      if (!typed) return;
      const Real real = of_.layout_.real(type);
      require(
          !real_ || *real_ == real, "chunks",
          "must not be float64 for some streams and not for others: the results differ in type");
      real_ = real;
    }
    // In `out`, if there is one with room for as many frames or more.
    py::tuple make(const std::optional<py::array>& out) {
      const Real real = real_.value_or(of_.layout_.real(Sample::f32));
      const Index width = of_.plan_->plan().n_features();
      features_ = out ? of_.layout_.part(*out, lengths_.size(), width, most_, real)
                      : of_.layout_.array({lengths_.size()}, width, most_, real);
      first_ = of_.layout_.features(features_, real);
      if (total_ < lengths_.size() * most_) clear(width);
      return py::make_tuple(features_, lengths_);
    }
    Features out(Index k) const {
      Features features = first_;
      features.data = static_cast<char*>(first_.data) + k * features_.strides(0);
      return features;
    }
    Index total() const { return total_; }

   private:
    // Zeros behind the last frame of each.
    void clear(Index width) {
      const auto unit = static_cast<std::size_t>(features_.itemsize());
      for (py::ssize_t k = 0; k < lengths_.size(); ++k) {
        for (Index t = length_[k]; t < most_; ++t) {
          char* frame = static_cast<char*>(out(k).data) + t * first_.frame_stride;
          for (Index m = 0; m < width; ++m) {
            std::memset(frame + m * first_.feature_stride, 0, unit);
          }
        }
      }
    }

    const PyStreams& of_;
    py::array_t<Index> lengths_;
    Index* length_;
    py::array features_;
    Features first_;
    Index most_ = 0, total_ = 0;
    std::optional<Real> real_;
  };

  py::tuple pushed(Index workers, const std::optional<py::array>& out) {
    Room room(*this, steps_.size());
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      const Stream& stream = *steps_[k].stream;
      const Index n = steps_[k].chunk.end;
      steps_[k].n_frames = stream.frames_of(n);
      room.add(k, steps_[k].n_frames, stream.begun() || n > 0,
               stream.begun() ? stream.type() : steps_[k].chunk.type);
    }
    const py::tuple result = room.make(out);
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      steps_[k].out = room.out(static_cast<Index>(k));
    }
    without_gil(*plan_, room.total(), [&] { group_.push(steps_, workers); });
    return result;
  }

  std::shared_ptr<const StreamPlan> plan_;
  Layout layout_;
  std::vector<std::unique_ptr<Stream>> streams_;
  StreamGroup group_;
  std::vector<StreamGroup::Step> steps_;
  UseFlag in_use_;
};

}  // namespace

void bind_streams(py::module_& m) {
  py::class_<StreamPlan, std::shared_ptr<StreamPlan>>(m, "StreamPlan")
      .def(py::init(&make_plan), py::arg("plan"), py::kw_only(), py::arg("frame_count"),
           py::arg("frame_length"), py::arg("before"), py::arg("after"))
      .def("total", &StreamPlan::total, py::arg("n_samples"))
      .def_property_readonly("latency", &StreamPlan::latency)
      .def_property_readonly("context", &StreamPlan::context);

  py::class_<PyStream>(m, "Stream")
      .def(py::init<std::shared_ptr<const StreamPlan>, bool, std::optional<bool>>(),
           py::arg("plan"), py::kw_only(), py::arg("frames_first"), py::arg("wide") = py::none())
      .def("push", &PyStream::push, py::arg("chunk"), py::arg("out") = py::none())
      .def("end", &PyStream::end, py::arg("out") = py::none())
      .def("reset", [](PyStream& s) { s.with([](Stream& of) { of.reset(); }); })
      .def(
          "frames_of", [](PyStream& s, Index n) { return s.stream().frames_of(n); }, py::arg("n"))
      .def("frames_left", [](PyStream& s) { return s.stream().frames_left(); })
      .def("state", [](PyStream& s) { return state_of(s.stream()); })
      .def(
          "restore",
          [](PyStream& s, const py::tuple& state) {
            s.with([&](Stream& of) { restore(of, state); });
          },
          py::arg("state"))
      .def("dtype_for", &PyStream::dtype_for, py::arg("samples"))
      .def_property_readonly("dtype", &PyStream::dtype)
      .def_property_readonly("ended", [](PyStream& s) { return s.stream().ended(); })
      .def_property_readonly("n_samples", [](PyStream& s) { return s.stream().n_samples(); })
      .def_property_readonly("n_frames", [](PyStream& s) { return s.stream().n_frames(); });

  py::class_<PyStreams>(m, "Streams")
      .def(py::init<std::shared_ptr<const StreamPlan>, Index, bool, std::optional<bool>>(),
           py::arg("plan"), py::arg("n"), py::kw_only(), py::arg("frames_first"),
           py::arg("wide") = py::none())
      .def("push", &PyStreams::push, py::arg("which"), py::arg("chunks"), py::arg("workers") = 1,
           py::arg("out") = py::none())
      .def("push_rows", &PyStreams::push_rows, py::arg("which"), py::arg("chunks"),
           py::arg("lengths") = py::none(), py::arg("workers") = 1, py::arg("out") = py::none())
      .def("end", &PyStreams::end, py::arg("which"))
      .def("add", &PyStreams::add)
      .def("remove", &PyStreams::remove, py::arg("index"))
      .def("has", &PyStreams::has, py::arg("index"))
      .def(
          "reset", [](PyStreams& s, Index i) { s.with(i, [](Stream& of) { of.reset(); }); },
          py::arg("index"))
      .def(
          "ended",
          [](PyStreams& s, Index i) { return s.with(i, [](Stream& of) { return of.ended(); }); },
          py::arg("index"))
      .def(
          "n_samples",
          [](PyStreams& s, Index i) {
            return s.with(i, [](Stream& of) { return of.n_samples(); });
          },
          py::arg("index"))
      .def(
          "state", [](PyStreams& s, Index i) { return s.with(i, state_of); }, py::arg("index"))
      .def(
          "restore",
          [](PyStreams& s, Index i, const py::tuple& state) {
            s.with(i, [&](Stream& of) { restore(of, state); });
          },
          py::arg("index"), py::arg("state"))
      .def_property_readonly("size", &PyStreams::size);
}

}  // namespace fastmel
