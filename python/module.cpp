#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spvae/core/version.h"
#include "spvae/data/data_set.h"
#include "spvae/density.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/structure/graph_file.h"

// The seam between spvae/density.h and the package, whose Python checks and shapes all input.

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using spvae::ImageSet;

template <class T>
using Input = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
template <class T>
using Output = nb::ndarray<nb::numpy, T>;

/// An array that owns its values.
template <class T>
Output<T> array_of(std::vector<T> values, std::vector<std::size_t> shape) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  T* data = owned->data();
  const nb::capsule owner(owned.release(),
                          [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return Output<T>(data, shape.size(), shape.data(), owner);
}

std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

Output<float> values_of(ImageSet images) {
  std::vector<std::size_t> shape = array_shape(images, {size_of(images.count())});
  return array_of(std::move(images.values), std::move(shape));
}

template <class T>
std::span<const T> span_of(const Input<T>& array) {
  return {array.data(), array.size()};
}

/// [N, height, width] or [N, height, width, channels].
template <class T>
std::array<int, 3> image_shape(const Input<T>& array) {
  return {static_cast<int>(array.shape(1)), static_cast<int>(array.shape(2)),
          array.ndim() == 4 ? static_cast<int>(array.shape(3)) : 1};
}

ImageSet images_of_bytes(const Input<std::uint8_t>& array) {
  const auto [height, width, channels] = image_shape(array);
  const nb::gil_scoped_release unlocked;
  return spvae::images_of_bytes(span_of(array), height, width, channels);
}

ImageSet images_of_numbers(const Input<float>& array) {
  const auto [height, width, channels] = image_shape(array);
  const nb::gil_scoped_release unlocked;
  return spvae::images_of_numbers(span_of(array), height, width, channels);
}

ImageSet vectors_of_numbers(const Input<float>& array,
                            const std::optional<std::vector<std::string>>& names) {
  const nb::gil_scoped_release unlocked;
  return names ? spvae::vectors_of_numbers(span_of(array), *names)
               : spvae::vectors_of_numbers(span_of(array), static_cast<int>(array.shape(1)));
}

/// Asks Python, a few times a second, whether a signal came, and keeps its exception: while one is
/// raised nothing else of Python may be called.
class Signals {
 public:
  bool came() {
    const auto now = std::chrono::steady_clock::now();
    if (exception_ || now - asked_ < std::chrono::milliseconds(100)) return exception_.has_value();
    asked_ = now;
    const nb::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) exception_.emplace();
    return exception_.has_value();
  }
  /// With the interpreter's lock.
  std::optional<nb::python_error>& exception() { return exception_; }

 private:
  std::chrono::steady_clock::time_point asked_;
  std::optional<nb::python_error> exception_;
};

/// A density that threads of Python may share: one call at a time, without the interpreter's lock.
class SharedDensity {
 public:
  explicit SharedDensity(spvae::Density density) : density_(std::move(density)) {}

  /// Calls query(density, observer); a signal's exception, as of Ctrl-C, ends it.
  template <class Query>
  auto ask(const Query& query) {
    Signals signals;
    try {
      const nb::gil_scoped_release unlocked;
      const std::lock_guard lock(in_use_);
      return query(std::as_const(density_), [&signals](double, int) { return !signals.came(); });
    } catch (const spvae::Error&) {
      if (signals.exception()) throw nb::python_error(std::move(*signals.exception()));
      throw;
    }
  }

  // What does not change is read without the lock.
  const spvae::Density& density() const { return density_; }

 private:
  spvae::Density density_;
  std::mutex in_use_;
};

using Progress = std::function<bool(std::int64_t step, double training_bound,
                                    double validation_bound, std::int64_t max_steps)>;

/// Also says whether Ctrl-C, rather than `progress`, ended it.
std::pair<std::unique_ptr<SharedDensity>, bool> train(const ImageSet& training,
                                                      const std::string& flags, bool has_bytes,
                                                      const ImageSet* validation,
                                                      const std::optional<Progress>& progress,
                                                      const SharedDensity* start) {
  Signals signals;
  bool is_interrupted = false;
  std::optional<nb::python_error> raised;
  std::optional<spvae::Density> density;
  {
    const nb::gil_scoped_release unlocked;
    const spvae::TrainingObserver observer = [&](const spvae::TrainingUpdate& update) {
      if (!progress) return true;
      const nb::gil_scoped_acquire locked;
      try {
        return (*progress)(update.step, update.training_bound, update.validation_bound,
                           update.max_steps);
      } catch (nb::python_error& error) {
        is_interrupted = error.matches(PyExc_KeyboardInterrupt);
        if (!is_interrupted) raised.emplace(std::move(error));
        return false;
      }
    };
    density = spvae::Density::train(
        training, spvae::density_settings(flags, training, has_bytes), observer,
        validation != nullptr ? *validation : ImageSet{}, [&signals] { return signals.came(); },
        start != nullptr ? &start->density() : nullptr);
  }
  if (signals.exception()) {
    is_interrupted = signals.exception()->matches(PyExc_KeyboardInterrupt);
    if (!is_interrupted) raised.emplace(std::move(*signals.exception()));
  }
  if (raised) throw nb::python_error(std::move(*raised));
  return {std::make_unique<SharedDensity>(std::move(*density)), is_interrupted};
}

nb::dict log_likelihood(SharedDensity& shared, const ImageSet& images, int samples,
                        std::uint32_t seed, spvae::Sampler sampler) {
  const auto scores = shared.ask([&](const auto& density, const auto& observer) {
    return density.log_likelihood(images, samples, seed, sampler, observer);
  });
  std::vector<double> log_likelihood, error, effective;
  for (const spvae::ImageScore& score : scores) {
    log_likelihood.push_back(score.log_likelihood);
    error.push_back(spvae::known_error(score));
    effective.push_back(score.effective_samples);
  }
  const std::vector<std::size_t> shape = {scores.size()};
  nb::dict all;
  all["log_likelihood"] = array_of(std::move(log_likelihood), shape);
  all["error"] = array_of(std::move(error), shape);
  all["effective_samples"] = array_of(std::move(effective), shape);
  return all;
}

std::pair<Output<double>, Output<double>> contributions(SharedDensity& shared,
                                                        const ImageSet& images, int samples,
                                                        std::uint32_t seed,
                                                        spvae::Sampler sampler) {
  spvae::Contributions all = shared.ask([&](const auto& density, const auto& observer) {
    return density.contributions(images, samples, seed, sampler, observer);
  });
  const std::size_t count = all.log_likelihood.size();
  const std::size_t parts = all.parts.size() / count;
  return {array_of(std::move(all.log_likelihood), {count}),
          array_of(std::move(all.parts), {count, parts})};
}

Output<float> sample(SharedDensity& shared, int count, std::uint32_t seed, bool is_mean) {
  return values_of(shared.ask([&](const auto& density, const auto&) {
    return density.sample(count, seed,
                          is_mean ? spvae::SampledPixels::kMean : spvae::SampledPixels::kDrawn);
  }));
}

std::pair<Output<float>, Output<double>> complete(SharedDensity& shared, const ImageSet& images,
                                                  spvae::Filling filling, int count,
                                                  std::uint32_t seed, int proposals,
                                                  spvae::Sampler sampler) {
  spvae::Completions all = shared.ask([&](const auto& density, const auto& observer) {
    return density.complete(images, filling, count, seed, proposals, sampler, observer);
  });
  const std::size_t rows = all.effective_samples.size();
  return {values_of(std::move(all.images)), array_of(std::move(all.effective_samples), {rows})};
}

nb::dict embed(SharedDensity& shared, const ImageSet& images, int samples, std::uint32_t seed,
               spvae::Sampler sampler) {
  spvae::Embedding all = shared.ask([&](const auto& density, const auto& observer) {
    return density.embed(images, samples, seed, sampler, observer);
  });
  const std::size_t rows = size_of(images.count());
  const auto matrix = [rows](auto values) {
    const std::size_t columns = values.size() / rows;
    return array_of(std::move(values), {rows, columns});
  };
  nb::dict arrays;
  arrays["mean"] = matrix(std::move(all.mean));
  arrays["deviation"] = matrix(std::move(all.deviation));
  arrays["responsibilities"] = matrix(std::move(all.responsibilities));
  arrays["choices"] = matrix(std::move(all.choices));
  return arrays;
}

nb::tuple rectangle_of(const spvae::PixelRectangle& rectangle) {
  return nb::make_tuple(rectangle.top, rectangle.left, rectangle.height, rectangle.width);
}

nb::list explain(SharedDensity& shared, const ImageSet& images, int samples, std::uint32_t seed,
                 spvae::Sampler sampler) {
  const auto all = shared.ask([&](const auto& density, const auto& observer) {
    return density.explain(images, samples, seed, sampler, observer);
  });
  nb::list explanations;
  for (const spvae::Explanation& explanation : all) {
    nb::list nodes;
    for (const spvae::ExplanationNode& node : explanation.nodes) {
      nb::dict of_node;
      of_node["node"] = node.node;
      of_node["parent"] = node.parent;
      of_node["level"] = node.level;
      of_node["rectangle"] = rectangle_of(node.rectangle);
      of_node["branch"] = node.branch;
      of_node["probability"] = node.probability;
      of_node["left"] = node.left;
      of_node["right"] = node.right;
      nodes.append(of_node);
    }
    nb::dict tree;
    tree["nodes"] = nodes;
    tree["log_likelihood"] = explanation.log_likelihood;
    tree["log_prior"] = explanation.log_prior;
    tree["probability"] = explanation.probability;
    tree["responsibilities"] =
        array_of(std::vector(explanation.responsibilities), {explanation.responsibilities.size()});
    explanations.append(tree);
  }
  return explanations;
}

nb::list parts(const SharedDensity& shared) {
  nb::list all;
  for (spvae::Part& part : shared.density().parts()) {
    const std::size_t size = part.variables.size();
    all.append(
        nb::make_tuple(rectangle_of(part.rectangle), array_of(std::move(part.variables), {size})));
  }
  return all;
}

/// The regions' variables, leaf regions first and the root last, and the partitions' regions.
std::pair<nb::list, Output<std::int32_t>> read_region_graph(const std::string& path, int variables,
                                                            int channels) {
  const spvae::RegionGraph graph = spvae::read_region_graph(path, variables, channels);
  nb::list regions;
  for (const spvae::Region& region : graph.regions()) {
    regions.append(array_of(std::vector(region.scope), {region.scope.size()}));
  }
  std::vector<std::int32_t> partitions;
  for (const spvae::Partition& partition : graph.partitions()) {
    partitions.insert(partitions.end(), {partition.region, partition.left, partition.right});
  }
  return {std::move(regions), array_of(std::move(partitions), {graph.partitions().size(), 3})};
}

nb::dict config(const SharedDensity& shared) {
  const spvae::ModelConfig& model = shared.density().config();
  const spvae::LikelihoodConfig& likelihood = model.leaf.likelihood;
  const spvae::LikelihoodInfo& info = spvae::likelihood_info(likelihood.kind);
  nb::dict all;
  all["height"] = model.height;
  all["width"] = model.width;
  all["channels"] = model.channels;
  all["columns"] = model.columns.names;
  all["likelihood"] = std::string(info.name);
  all["values"] = info.values(likelihood);
  all["is_discrete"] = spvae::is_discrete(likelihood);
  return all;
}

/// The images of a split of data that the command knows, as they are in their files, and their
/// labels, if they have any.
nb::dict read_data(const std::string& data, int split, bool has_colours, const std::string& folder,
                   bool is_whole, bool has_vectors) {
  spvae::DataConfig config{.data = data,
                           .values = 256,
                           .data_dir = folder,
                           .whole = is_whole,
                           .stretch = spvae::Stretch::kNone,
                           .dequantize = spvae::Dequantize::kOff,
                           .missing = spvae::Missing::kNone,
                           .vectors = has_vectors};
  const auto of_split = static_cast<spvae::Split>(split);
  ImageSet images;
  std::optional<spvae::Labels> labels;
  bool is_float = false;
  {
    const nb::gil_scoped_release unlocked;
    spvae::ThreadPool pool(0);
    spvae::DataSet set(config, &pool);
    if (is_whole && !set.is_whole()) {
      spvae::fail(spvae::ErrorKind::kUsage,
                  "split: {} is divided already; say train, validation or test", set.name());
    }
    is_float = set.is_float();
    const bool is_in_colour = has_colours && set.has_colours();
    if (is_float || is_in_colour) {
      if (is_in_colour) config.colour = spvae::ColourMode::kRgb;
      if (is_float) {
        config.values = 0;
        config.missing = spvae::Missing::kNan;
      }
      set = spvae::DataSet(config, &pool);
    }
    images = set.load(of_split, pool);
    if (set.has_labels(of_split)) labels = set.labels(of_split);
  }
  nb::dict all;
  const std::vector<std::size_t> shape = array_shape(images, {size_of(images.count())});
  all["columns"] = images.columns.names;
  if (is_float) {
    for (std::size_t i = 0; i < images.observed.size(); ++i) {
      if (images.observed[i] == 0) images.values[i] = std::numeric_limits<float>::quiet_NaN();
    }
    all["images"] = array_of(std::move(images.values), shape);
  } else {
    std::vector<std::uint8_t> bytes(images.values.size());
    std::ranges::transform(images.values, bytes.begin(), [](float value) {
      return static_cast<std::uint8_t>(std::lround(value * 255));
    });
    all["images"] = array_of(std::move(bytes), shape);
  }
  if (labels) {
    const std::size_t count = labels->values.size();
    all["labels"] =
        array_of(std::vector<std::int32_t>(labels->values.begin(), labels->values.end()), {count});
    all["label_names"] = labels->names;
  }
  return all;
}

}  // namespace

NB_MODULE(_core, m) {
  m.def("version", [] { return std::string(spvae::version()); });
  nb::exception<spvae::Error>(m, "Error", PyExc_ValueError);

  nb::enum_<spvae::Sampler>(m, "Sampler")
      .value("encoder", spvae::Sampler::kEncoder)
      .value("laplace", spvae::Sampler::kLaplace);
  nb::enum_<spvae::Filling>(m, "Filling")
      .value("drawn", spvae::Filling::kDrawn)
      .value("best", spvae::Filling::kBest)
      .value("mean", spvae::Filling::kMean);

  nb::class_<ImageSet>(m, "ImageSet")
      .def("__len__", &ImageSet::count)
      .def_prop_ro("variables", &ImageSet::variables)
      .def_prop_ro("has_missing", [](const ImageSet& set) { return !set.observed.empty(); })
      .def("observed_variables", [](const ImageSet& set) {
        const std::size_t rows = size_of(set.count());
        const std::size_t size = size_of(set.variables());
        std::vector<std::int32_t> counts(rows, set.variables());
        for (std::size_t i = 0; i < rows && !set.observed.empty(); ++i) {
          const auto first = set.observed.begin() + static_cast<std::ptrdiff_t>(i * size);
          counts[i] = std::accumulate(first, first + static_cast<std::ptrdiff_t>(size), 0);
        }
        return array_of(std::move(counts), {rows});
      });
  m.def("images_of_bytes", images_of_bytes, "values"_a);
  m.def("images_of_numbers", images_of_numbers, "values"_a);
  m.def("vectors_of_numbers", vectors_of_numbers, "values"_a, "names"_a.none());
  m.def(
      "hide_pixels",
      [](const Input<std::uint8_t>& observed, ImageSet& images) {
        spvae::hide_pixels(span_of(observed), images);
      },
      "observed"_a, "images"_a);
  m.def("read_data", read_data, "data"_a, "split"_a, "has_colours"_a, "folder"_a, "is_whole"_a,
        "has_vectors"_a);
  m.def("read_region_graph", read_region_graph, "path"_a, "variables"_a, "channels"_a);
  m.def("train", train, "training"_a, "flags"_a, "has_bytes"_a, "validation"_a.none(),
        "progress"_a.none(), "start"_a.none());
  m.def(
      "validation_rows",
      [](int count) {
        const std::vector<std::size_t> rows = spvae::validation_rows(count);
        return array_of(std::vector<std::int64_t>(rows.begin(), rows.end()), {rows.size()});
      },
      "count"_a);
  m.def(
      "load",
      [](const std::string& path, int threads) {
        return std::make_unique<SharedDensity>(spvae::Density::load(path, threads));
      },
      "path"_a, "threads"_a);

  nb::class_<SharedDensity>(m, "Density")
      .def(
          "save",
          [](const SharedDensity& shared, const std::string& path) { shared.density().save(path); },
          "path"_a)
      .def("config", config)
      .def("description",
           [](const SharedDensity& shared) { return shared.density().description(); })
      .def("parameters",
           [](const SharedDensity& shared) {
             const std::span<const float> all = shared.density().parameters();
             return array_of(std::vector<float>(all.begin(), all.end()), {all.size()});
           })
      .def("parts", parts)
      .def("log_likelihood", log_likelihood, "images"_a, "samples"_a, "seed"_a, "sampler"_a)
      .def("contributions", contributions, "images"_a, "samples"_a, "seed"_a, "sampler"_a)
      .def("sample", sample, "count"_a, "seed"_a, "is_mean"_a)
      .def("complete", complete, "images"_a, "filling"_a, "count"_a, "seed"_a, "proposals"_a,
           "sampler"_a)
      .def("embed", embed, "images"_a, "samples"_a, "seed"_a, "sampler"_a)
      .def("explain", explain, "images"_a, "samples"_a, "seed"_a, "sampler"_a)
      .def(
          "reconstruct",
          [](SharedDensity& shared, const ImageSet& images, int samples, std::uint32_t seed,
             spvae::Sampler sampler) {
            return values_of(shared.ask([&](const auto& density, const auto& observer) {
              return density.reconstruct(images, samples, seed, sampler, observer);
            }));
          },
          "images"_a, "samples"_a, "seed"_a, "sampler"_a);
}
