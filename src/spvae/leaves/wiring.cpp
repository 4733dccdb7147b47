#include "spvae/leaves/wiring.h"

#include <algorithm>
#include <array>
#include <map>

namespace spvae {
namespace {

using kernels::PlaceGroup;
using kernels::Run;
using kernels::Tap;

// Indices [begin, end) of the narrow side whose wide index stride·n + offset is within [0, wide).
struct Range {
  int begin;
  int end;
};

Range valid_range(int narrow, int wide, int stride, int offset) {
  int begin = 0;
  while (begin < narrow && stride * begin + offset < 0) ++begin;
  int end = narrow;
  while (end > begin && stride * (end - 1) + offset >= wide) --end;
  return {begin, end};
}

// The pairs of places that one place of the kernel connects.
struct KernelPlace {
  int index;
  Range rows;
  Range columns;
  int row_offset;  // wide row = stride·row + row_offset
  int column_offset;
};

std::vector<KernelPlace> kernel_places(const LayerStack& layer) {
  const bool plain = layer.kind == LayerKind::kConvolution;
  const Plane& wide = plain ? layer.in : layer.out;
  const Plane& narrow = plain ? layer.out : layer.in;
  std::vector<KernelPlace> places;
  for (int kernel = 0; kernel < kKernelSide * kKernelSide; ++kernel) {
    const int y = kernel / kKernelSide - layer.padding.rows_before;
    const int x = kernel % kKernelSide - layer.padding.columns_before;
    places.push_back({kernel, valid_range(narrow.height, wide.height, layer.stride, y),
                      valid_range(narrow.width, wide.width, layer.stride, x), y, x});
  }
  return places;
}

Tap tap_of(const LayerStack& layer, const KernelPlace& k) {
  struct Side {
    std::int32_t first, row, column;
  };
  const auto narrow_side = [&](const Plane& plane) {
    const int channels = plane.channels;
    return Side{(k.rows.begin * plane.width + k.columns.begin) * channels, plane.width * channels,
                channels};
  };
  const auto wide_side = [&](const Plane& plane) {
    const int channels = plane.channels;
    const int row = layer.stride * k.rows.begin + k.row_offset;
    const int column = layer.stride * k.columns.begin + k.column_offset;
    return Side{(row * plane.width + column) * channels, layer.stride * plane.width * channels,
                layer.stride * channels};
  };
  const bool plain = layer.kind == LayerKind::kConvolution;
  const Side in = plain ? wide_side(layer.in) : narrow_side(layer.in);
  const Side out = plain ? narrow_side(layer.out) : wide_side(layer.out);
  return {k.rows.end - k.rows.begin,
          k.columns.end - k.columns.begin,
          in.first,
          in.row,
          in.column,
          out.first,
          out.row,
          out.column};
}

Tap bias_tap(const LayerStack& layer) {
  const int channels = layer.out.channels;
  return {layer.out.height,           layer.out.width, layer.in.features(), 0, 0, 0,
          layer.out.width * channels, channels};
}

// A place and where its first run begins; places with the same runs relative to that share weights.
struct Start {
  int place;
  std::int32_t input;
};

std::vector<std::array<std::int32_t, 3>> shape_of(const std::vector<Run>& runs) {
  std::vector<std::array<std::int32_t, 3>> shape;
  shape.reserve(runs.size());
  for (const Run& run : runs) shape.push_back({run.input, run.weight, run.length});
  return shape;
}

// How many of the starts from `first` on are evenly spaced, in place and input.
std::size_t progression(const std::vector<Start>& starts, std::size_t first) {
  std::size_t end = first + 1;
  while (end < starts.size() &&
         (end == first + 1 || (starts[end].place - starts[end - 1].place ==
                                   starts[first + 1].place - starts[first].place &&
                               starts[end].input - starts[end - 1].input ==
                                   starts[first + 1].input - starts[first].input))) {
    ++end;
  }
  return end - first;
}

}  // namespace

struct LayerWiring::Connection {
  int from;    // place
  int to;      // place
  int kernel;  // place of the kernel
};

LayerWiring::Storage LayerWiring::wire(const std::vector<Connection>& connections,
                                       const Plane& from, const Plane& to) {
  // Runs of each place, in the order of the weights; those that continue each other are one.
  std::vector<std::vector<Run>> runs_of(static_cast<std::size_t>(to.places()));
  for (const Connection& c : connections) {
    std::vector<Run>& runs = runs_of[static_cast<std::size_t>(c.to)];
    const Run run{c.from * from.channels, c.kernel * from.channels, from.channels};
    if (!runs.empty() && runs.back().input + runs.back().length == run.input &&
        runs.back().weight + runs.back().length == run.weight) {
      runs.back().length += run.length;
    } else {
      runs.push_back(run);
    }
  }
  std::map<std::vector<std::array<std::int32_t, 3>>, std::vector<Start>> alike;
  for (int place = 0; place < to.places(); ++place) {
    std::vector<Run>& runs = runs_of[static_cast<std::size_t>(place)];
    const std::int32_t input = runs.empty() ? 0 : runs.front().input;
    for (Run& run : runs) run.input -= input;
    alike[shape_of(runs)].push_back({place, input});
  }

  Storage storage;
  for (const auto& [shape, starts] : alike) {
    const auto first_run = static_cast<std::int32_t>(storage.runs.size());
    for (const auto& [input, weight, length] : shape) {
      storage.runs.push_back({input, weight, length});
    }
    for (std::size_t i = 0; i < starts.size();) {
      const std::size_t places = progression(starts, i);
      PlaceGroup group{starts[i].place * to.channels,
                       0,
                       starts[i].input,
                       0,
                       static_cast<std::int32_t>(places),
                       first_run,
                       static_cast<std::int32_t>(shape.size())};
      if (places > 1) {
        group.output_step = (starts[i + 1].place - starts[i].place) * to.channels;
        group.input_step = starts[i + 1].input - starts[i].input;
      }
      storage.groups.push_back(group);
      i += places;
    }
  }
  std::ranges::sort(storage.groups, {}, &PlaceGroup::output);
  return storage;
}

LayerWiring::LayerWiring(const LayerStack& layer) {
  if (layer.kind == LayerKind::kDense) {
    forward_.inputs = layer.inputs;
    backward_.inputs = layer.outputs;
    return;
  }
  const bool plain = layer.kind == LayerKind::kConvolution;
  const Plane& wide = plain ? layer.in : layer.out;
  const Plane& narrow = plain ? layer.out : layer.in;
  std::vector<Connection> narrowing;
  std::vector<Connection> widening;
  for (const KernelPlace& k : kernel_places(layer)) {
    taps_.push_back(tap_of(layer, k));
    for (int row = k.rows.begin; row < k.rows.end; ++row) {
      for (int column = k.columns.begin; column < k.columns.end; ++column) {
        const int at = row * narrow.width + column;
        const int wide_at = (layer.stride * row + k.row_offset) * wide.width +
                            layer.stride * column + k.column_offset;
        narrowing.push_back({wide_at, at, k.index});
        widening.push_back({at, wide_at, k.index});
      }
    }
  }
  taps_.push_back(bias_tap(layer));
  forward_ = wire(plain ? narrowing : widening, layer.in, layer.out);
  backward_ = wire(plain ? widening : narrowing, layer.out, layer.in);
}

}  // namespace spvae
