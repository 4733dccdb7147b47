#include "spvae/experiment/scoring.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>

#include "spvae/core/error.h"
#include "spvae/io/safetensors.h"
#include "spvae/query/effective_samples.h"

namespace spvae {
namespace {

// Enough to keep threads busy with a model of one leaf, few enough that little is lost by a stop.
constexpr int kImagesAtATime = 128;
constexpr std::chrono::seconds kSaveInterval{30};
constexpr std::size_t kColumns = 3;  // log-likelihood, Monte-Carlo variance, effective samples

std::map<std::string, std::string> metadata_of(const ScoringKey& key) {
  return {{"model", key.model_digest},
          {"data", key.data_digest},
          {"split", key.split},
          {"samples", std::to_string(key.samples)},
          {"effective_samples", "of the worst region"}};  // of earlier builds, averages
}

void save(const std::filesystem::path& file, const ScoringKey& key, const Scores& scores) {
  std::vector<double> values;
  for (const ImageScore& score : scores.images) {
    values.insert(values.end(),
                  {score.log_likelihood, score.monte_carlo_variance, score.effective_samples});
  }
  TensorFile content;
  content.metadata = metadata_of(key);
  content.add<double>("scores", {scores.images.size(), kColumns}, values);
  content.add<double>("seconds", {}, std::span(&scores.seconds, 1));
  write_safetensors(file, content);
}

/// A file of scores; nothing where there is no such file or it is damaged.
std::optional<TensorFile> stored_scores(const std::filesystem::path& file) try {
  TensorFile content = read_safetensors(file);
  const bool fits = content.tensors.size() == 2 && content.tensors[0].shape.size() == 2 &&
                    content.tensors[0].shape[1] == kColumns;
  return fits ? std::optional(std::move(content)) : std::nullopt;
} catch (const Error&) {
  return std::nullopt;
}

Scores load(const std::filesystem::path& file, const ScoringKey& key) try {
  Scores scores;
  const std::optional<TensorFile> content = stored_scores(file);
  if (!content || content->metadata != metadata_of(key)) return scores;
  const std::vector<double> values = content->values<double>("scores", content->tensors[0].shape);
  for (std::size_t i = 0; i < values.size(); i += kColumns) {
    scores.images.push_back({values[i], values[i + 1], values[i + 2],
                             values[i + 2] >= few_effective_samples(key.samples)});
  }
  scores.seconds = content->values<double>("seconds", std::span<const std::size_t>()).front();
  return scores;
} catch (const Error&) {
  return {};
}

ImageSet slice(const ImageSet& images, int first, int count) {
  std::vector<std::size_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), static_cast<std::size_t>(first));
  return images_of_rows(images, rows);
}

}  // namespace

Scores resumable_scores(const std::filesystem::path& file, const ScoringKey& key,
                        const Spvae& model, const ImageSet& images, LeafEngine& engine,
                        ThreadPool& pool, const EvaluationObserver& observer) {
  using Clock = std::chrono::steady_clock;
  Scores scores = load(file, key);
  const auto total = static_cast<std::size_t>(images.count());
  // Of the same images in the same order, fewer of which are asked for.
  if (scores.images.size() > total) scores.images.resize(total);
  auto saved = Clock::now();
  while (scores.images.size() < total) {
    const auto first = static_cast<int>(scores.images.size());
    const ImageSet part = slice(images, first, std::min(kImagesAtATime, images.count() - first));
    const auto start = Clock::now();
    try {
      const auto more = log_likelihood(
          model, part, key.samples, {.purpose = Purpose::kEvaluation}, engine, pool,
          [&](double done, int) { return !observer || observer(first + done, images.count()); });
      scores.images.insert(scores.images.end(), more.begin(), more.end());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInterrupted) throw;
      save(file, key, scores);
      fail(ErrorKind::kInterrupted, "stopped after scoring {} of {} images, which are saved", first,
           images.count());
    }
    const auto now = Clock::now();
    scores.seconds += std::chrono::duration<double>(now - start).count();
    if (scores.images.size() == total || now - saved >= kSaveInterval) {
      save(file, key, scores);
      saved = now;
    }
  }
  return scores;
}

int scored_images(const std::filesystem::path& file) {
  const std::optional<TensorFile> content = stored_scores(file);
  return content ? static_cast<int>(content->tensors[0].shape[0]) : 0;
}

}  // namespace spvae
