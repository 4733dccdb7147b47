#pragma once

#include <string>

#include "spvae/io/json_text.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// Refused beyond: the regions of a graph in JSON, where parse_json takes so many keys.
inline constexpr std::size_t kMaxStoredRegions = 10000;

/// A graph in the JSON of cirkit's RegionGraph.dump (libcirkit on PyPI), of an image's variables:
///   {"regions": {"0": {"scope": [0, 1]}, …}, "roots": ["2"],
///    "graph": [{"output": 2, "inputs": [0, 1]}, …]}
/// Regions have their numbers as keys. Variables are numbered channel by channel there, row by row
/// within one, where RegionGraph has the channels of a pixel one after another.
Json region_graph_json(const RegionGraph& graph, int channels);

/// The inverse, of any graph in that format that is a region graph over `variables`, a multiple of
/// `channels`: in any order, with any numbers as keys. A partition of more than two inputs is
/// divided into halves of them, the first of which has the odd one, and so on; regions are in
/// canonical order by their keys, those of such halves last. Error(kData), one sentence that names
/// a region by its key, for anything else.
RegionGraph region_graph_of(const Json& json, int variables, int channels);

/// The graph of a file. Errors as read_file; of kind kData, naming the file, for what is not JSON
/// (parse_json), and as region_graph_of.
RegionGraph read_region_graph(const std::string& path, int variables, int channels);

}  // namespace spvae
