#include "spvae/structure/graph_file.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/io/file.h"
#include "spvae/structure/canonical_order.h"

namespace spvae {
namespace {

/// The value of a key, of an object with exactly these keys.
const Json& member(const Json& object, const std::string& where, const char* key,
                   std::initializer_list<const char*> keys) {
  if (!object.is_object()) {
    fail(ErrorKind::kData, "{}: got {}, expected an object", where, shown_json(object));
  }
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(keys, name) == keys.end()) {
      fail(ErrorKind::kData,
           "{}: unknown key '{}'; give a file as cirkit's RegionGraph.dump or 'spvae info RUN "
           "--graph' "
           "writes it",
           where, shown_text(name));
    }
  }
  if (!object.contains(key)) fail(ErrorKind::kData, "{}: '{}' is missing", where, key);
  return object.at(key);
}

void check_array(const Json& value, const std::string& where, std::size_t least) {
  if (value.is_array() && value.size() >= least) return;
  fail(ErrorKind::kData, "{}: got {}, expected an array of at least {}", where, shown_json(value),
       least);
}

/// Reads the regions of a graph in JSON, then its partitions.
class Reader {
 public:
  Reader(int variables, int channels) : variables_(variables), channels_(channels) {}

  RegionGraph graph(const Json& json) {
    const auto part = [&json](const char* key) -> const Json& {
      return member(json, "region graph", key, {"regions", "roots", "graph"});
    };
    read_regions(part("regions"));
    const int root = read_root(part("roots"));
    check_array(part("graph"), "graph", 0);
    for (const Json& partition : part("graph")) read_partition(partition);
    check_reachable(root);
    return in_canonical_order(variables_, std::move(regions_), std::move(partitions_));
  }

 private:
  int variable_of(const Json& value, const std::string& where) const {
    if (!value.is_number_integer() || value < 0 || value >= variables_) {
      fail(ErrorKind::kData, "{}: got the variable {}, expected whole numbers from 0 to {}", where,
           shown_json(value), variables_ - 1);
    }
    const int pixels = variables_ / channels_;
    const auto variable = value.get<int>();
    return variable % pixels * channels_ + variable / pixels;
  }

  void read_regions(const Json& json) {
    if (!json.is_object() || json.empty()) {
      fail(ErrorKind::kData, "regions: got {}, expected an object of regions by their numbers",
           shown_json(json));
    }
    std::map<int, const Json*> by_number;
    for (const auto& [key, value] : json.items()) {
      int number = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
      if (error != std::errc{} || std::to_string(number) != key || number < 0) {
        fail(ErrorKind::kData, "regions: got the key '{}', expected whole numbers from 0",
             shown_text(key));
      }
      by_number[number] = &value;
    }
    for (const auto& [number, value] : by_number) {
      const std::string where = name_of(number);
      const Json& scope = member(*value, where, "scope", {"scope"});
      check_array(scope, where + ": scope", 1);
      Region region;
      for (const Json& variable : scope) region.scope.push_back(variable_of(variable, where));
      std::ranges::sort(region.scope);
      const auto twice = std::ranges::adjacent_find(region.scope);
      if (twice != region.scope.end()) {
        fail(ErrorKind::kData, "{}: its scope names a variable twice", where);
      }
      place_[number] = static_cast<int>(regions_.size());
      numbers_.push_back(number);
      regions_.push_back(std::move(region));
    }
  }

  static std::string name_of(int number) { return "region " + std::to_string(number); }

  int region_of(const Json& value, const std::string& where) const {
    if (value.is_number_integer() && value >= 0 && value <= numbers_.back()) {
      if (const auto found = place_.find(value.get<int>()); found != place_.end()) {
        return found->second;
      }
    }
    fail(ErrorKind::kData, "{}: got the region {}, which is not among the regions", where,
         shown_json(value));
  }

  int read_root(const Json& json) const {
    if (!json.is_array() || json.size() != 1 || !json[0].is_string()) {
      fail(ErrorKind::kData, "roots: got {}, expected an array of one region's key",
           shown_json(json));
    }
    const auto& key = json[0].get_ref<const std::string&>();
    for (std::size_t region = 0; region < regions_.size(); ++region) {
      if (std::to_string(numbers_[region]) != key) continue;
      if (regions_[region].scope.size() == index(variables_)) return static_cast<int>(region);
      fail(ErrorKind::kData, "{}: the root has {} variables, expected the {} of the images",
           name_of(numbers_[region]), regions_[region].scope.size(), variables_);
    }
    fail(ErrorKind::kData, "roots: got '{}', which is not among the regions", shown_text(key));
  }

  void read_partition(const Json& json) {
    const auto part = [&json](const char* key) -> const Json& {
      return member(json, "graph", key, {"output", "inputs"});
    };
    const int whole = region_of(part("output"), "graph: output");
    const std::string where = name_of(numbers_[index(whole)]);
    check_array(part("inputs"), where + ": inputs", 2);
    std::vector<int> inputs;
    std::vector<int> together;
    for (const Json& input : part("inputs")) {
      inputs.push_back(region_of(input, where + ": inputs"));
      // A scope has every variable once, so that more of them than that overlap.
      const std::vector<int>& scope = regions_[index(inputs.back())].scope;
      if (together.size() + scope.size() > index(variables_)) fail_overlap(where);
      together.insert(together.end(), scope.begin(), scope.end());
    }
    count_entries(together.size());
    std::ranges::sort(together);
    if (std::ranges::adjacent_find(together) != together.end()) fail_overlap(where);
    if (together != regions_[index(whole)].scope) {
      fail(ErrorKind::kData, "{}: its inputs together have another scope than it", where);
    }
    add_partition(whole, inputs);
  }

  void count_entries(std::size_t entries) {
    work_ += static_cast<std::int64_t>(entries);
    if (work_ <= kMaxScopeEntries) return;
    fail(ErrorKind::kData, "region graph: partitions of {} variables in all, expected at most {}",
         work_, kMaxScopeEntries);
  }

  [[noreturn]] static void fail_overlap(const std::string& where) {
    fail(ErrorKind::kData, "{}: two of its inputs share a variable, expected disjoint scopes",
         where);
  }

  /// Halves of more than two inputs are regions of their own.
  void add_partition(int whole, std::span<const int> inputs) {
    const std::size_t half = (inputs.size() + 1) / 2;
    const int left = merged(inputs.first(half));
    const int right = merged(inputs.subspan(half));
    partitions_.push_back({whole, left, right});
  }

  int merged(std::span<const int> inputs) {
    if (inputs.size() == 1) return inputs.front();
    Region region;
    for (const int input : inputs) {
      const std::vector<int>& scope = regions_[index(input)].scope;
      region.scope.insert(region.scope.end(), scope.begin(), scope.end());
    }
    std::ranges::sort(region.scope);
    const auto place = static_cast<int>(regions_.size());
    if (regions_.size() >= kMaxStoredRegions) {
      fail(ErrorKind::kData,
           "region graph: more than {} regions once each is divided in two, expected no more",
           kMaxStoredRegions);
    }
    count_entries(region.scope.size());
    regions_.push_back(std::move(region));
    add_partition(place, inputs);
    return place;
  }

  void check_reachable(int root) const {
    std::vector<std::vector<int>> parts(regions_.size());
    for (const Partition& partition : partitions_) {
      parts[index(partition.region)].push_back(partition.left);
      parts[index(partition.region)].push_back(partition.right);
    }
    std::vector<bool> reached(regions_.size());
    std::vector<int> waiting = {root};
    reached[index(root)] = true;
    while (!waiting.empty()) {
      const int region = waiting.back();
      waiting.pop_back();
      for (const int part : parts[index(region)]) {
        if (reached[index(part)]) continue;
        reached[index(part)] = true;
        waiting.push_back(part);
      }
    }
    for (std::size_t region = 0; region < numbers_.size(); ++region) {
      if (reached[region]) continue;
      fail(ErrorKind::kData, "{}: it cannot be reached from the root", name_of(numbers_[region]));
    }
  }

  int variables_;
  int channels_;
  std::int64_t work_ = 0;        ///< variables of all scopes that partitions made
  std::vector<int> numbers_;     ///< in the file, ascending, of the regions that it names
  std::map<int, int> place_;     ///< in regions_, by number
  std::vector<Region> regions_;  ///< those of the file, then halves of inputs
  std::vector<Partition> partitions_;
};

}  // namespace

Json region_graph_json(const RegionGraph& graph, int channels) {
  const int pixels = graph.variables() / channels;
  Json regions = Json::object();
  for (std::size_t region = 0; region < graph.regions().size(); ++region) {
    std::vector<int> scope;
    for (const int variable : graph.regions()[region].scope) {
      scope.push_back(variable % channels * pixels + variable / channels);
    }
    std::ranges::sort(scope);
    regions[std::to_string(region)] = {{"scope", scope}};
  }
  Json partitions = Json::array();
  for (const Partition& partition : graph.partitions()) {
    partitions.push_back(
        {{"output", partition.region}, {"inputs", {partition.left, partition.right}}});
  }
  return {{"regions", std::move(regions)},
          {"roots", Json::array({std::to_string(graph.root())})},
          {"graph", std::move(partitions)}};
}

RegionGraph region_graph_of(const Json& json, int variables, int channels) {
  return Reader(variables, channels).graph(json);
}

RegionGraph read_region_graph(const std::string& path, int variables, int channels) {
  const std::string text = read_file(path);
  const ParsedJson parsed = parse_json(text);
  if (parsed.fault) fail(ErrorKind::kData, "{}: {}", path, fault_text(*parsed.fault, text));
  try {
    return region_graph_of(parsed.value, variables, channels);
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  }
}

}  // namespace spvae
