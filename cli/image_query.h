#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "spvae/data/data_set.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/config_fields.h"
#include "spvae/model/engine.h"

namespace spvae::cli {

/// What commands that ask a model about images have in common.
struct ImageQuery {
  std::string run = {};
  std::string data = {};      ///< empty: the run's
  std::string data_dir = {};  ///< empty: the run's
  Split split = Split::kTest;
  int limit = 0;  ///< 0: all images
  Engine engine = Engine::kFused;
  std::uint32_t seed = 0;
  int threads = 0;
};

const FieldList<ImageQuery>& image_query_fields();

/// Its defaults as help shows them; "" for other fields than its own.
std::string image_query_default(const std::string& field);

/// A query with everything that it asks for.
struct OpenQuery {
  /// Error(kUsage), which names the command, without a run; otherwise as load_run_model, open_data
  /// and DataSet::load. Warns on stderr of unpublished data.
  OpenQuery(const std::string& command, const ImageQuery& query);

  StoredModel stored;
  ThreadPool pool;
  DataSet data;
  ImageSet images;
  std::unique_ptr<LeafEngine> engine;
};

/// The keys that every result of such a command has: run, images, split, seed, data, data_digest,
/// data_warning (if there is one), version.
Json query_result(const ImageQuery& query, const OpenQuery& open);
Json query_result(const ImageQuery& query, const DataSet& data, int images);

}  // namespace spvae::cli
