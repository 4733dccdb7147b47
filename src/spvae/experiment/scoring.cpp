#include "spvae/experiment/scoring.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "spvae/core/error.h"
#include "spvae/io/safetensors.h"

namespace spvae {
namespace {

constexpr int kImagesAtATime = 256;
constexpr std::chrono::seconds kSaveInterval{30};
constexpr std::size_t kColumns = 3;  // log-likelihood, Monte-Carlo variance, effective samples

void save(const std::filesystem::path& file, const ScoringKey& key,
          const std::vector<ImageScore>& scores) {
  std::vector<double> values;
  for (const ImageScore& score : scores) {
    values.insert(values.end(),
                  {score.log_likelihood, score.monte_carlo_variance, score.effective_samples});
  }
  TensorFile content;
  content.metadata = {{"model", key.model_digest}, {"samples", std::to_string(key.samples)}};
  content.add<double>("scores", {scores.size(), kColumns}, values);
  write_safetensors(file, content);
}

/// A file's scores; nothing where there is no such file or it is damaged.
std::optional<TensorFile> stored_scores(const std::filesystem::path& file) try {
  TensorFile content = read_safetensors(file);
  const bool fits = content.tensors.size() == 1 && content.tensors[0].shape.size() == 2 &&
                    content.tensors[0].shape[1] == kColumns;
  return fits ? std::optional(std::move(content)) : std::nullopt;
} catch (const Error&) {
  return std::nullopt;
}

std::vector<ImageScore> load(const std::filesystem::path& file, const ScoringKey& key) {
  const std::optional<TensorFile> content = stored_scores(file);
  std::vector<ImageScore> scores;
  if (!content || !content->metadata.contains("model") || !content->metadata.contains("samples") ||
      content->metadata_value("model") != key.model_digest ||
      content->metadata_value("samples") != std::to_string(key.samples)) {
    return scores;
  }
  const std::vector<double> values = content->values<double>("scores", content->tensors[0].shape);
  for (std::size_t i = 0; i < values.size(); i += kColumns) {
    scores.push_back({values[i], values[i + 1], values[i + 2]});
  }
  return scores;
}

ImageSet slice(const ImageSet& images, int first, int count) {
  const auto pixels = static_cast<std::size_t>(images.pixels());
  const auto begin = static_cast<std::size_t>(first);
  const std::size_t end = begin + static_cast<std::size_t>(count);
  const auto at = [](auto& values, std::size_t i) {
    return values.begin() + static_cast<std::ptrdiff_t>(i);
  };
  ImageSet part{.height = images.height, .width = images.width, .values = {}, .indices = {}};
  part.values.assign(at(images.values, begin * pixels), at(images.values, end * pixels));
  part.indices.assign(at(images.indices, begin), at(images.indices, end));
  return part;
}

}  // namespace

std::vector<ImageScore> resumable_scores(const std::filesystem::path& file, const ScoringKey& key,
                                         const Spvae& model, const ImageSet& images,
                                         LeafEngine& engine, ThreadPool& pool,
                                         const EvaluationObserver& observer) {
  std::vector<ImageScore> scores = load(file, key);
  const int total = images.count();
  if (scores.size() > static_cast<std::size_t>(total)) {
    scores.resize(static_cast<std::size_t>(total));  // of the same images, in the same order
  }
  auto saved = std::chrono::steady_clock::now();
  while (scores.size() < static_cast<std::size_t>(total)) {
    const auto first = static_cast<int>(scores.size());
    const ImageSet part = slice(images, first, std::min(kImagesAtATime, total - first));
    try {
      const auto more = log_likelihood(
          model, part, key.samples, {.purpose = Purpose::kEvaluation}, engine, pool,
          [&](double done, int) { return !observer || observer(first + done, total); });
      scores.insert(scores.end(), more.begin(), more.end());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInterrupted) throw;
      save(file, key, scores);
      fail(ErrorKind::kInterrupted, "stopped after scoring {} of {} images; everything is saved",
           first, total);
    }
    const auto now = std::chrono::steady_clock::now();
    if (scores.size() == static_cast<std::size_t>(total) || now - saved >= kSaveInterval) {
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
