#include "spvae/experiment/result_groups.h"

#include <algorithm>
#include <utility>

#include "spvae/core/sample_statistics.h"

namespace spvae {
namespace {

/// Whose order TP19 speaks of, in Section 4.
constexpr std::pair<const char*, const char*> kOrderedModels[] = {
    {"spvae", "vae"}, {"conv-spvae", "conv-vae"}, {"conv-spvae", "spvae"}, {"conv-vae", "vae"}};

bool same_images(const Outcome& a, const Outcome& b) {
  return a.result.at("data_digest") == b.result.at("data_digest") &&
         a.result.at("config").at("data-seed") == b.result.at("config").at("data-seed");
}

/// The group that `model` has on the same images, likelihood and value; null if there is none.
const ResultGroup* rival(const std::vector<ResultGroup>& groups, const ResultGroup& one,
                         const std::string& model, const std::string& variant) {
  const std::string cell = model + one.trial->cell.substr(one.trial->cell.find('/'));
  const auto found = std::ranges::find_if(groups, [&](const ResultGroup& group) {
    return group.trial->cell == cell && group.trial->variant == variant &&
           group.trial->varied == one.trial->varied &&
           same_images(*group.outcomes.front(), *one.outcomes.front());
  });
  return found == groups.end() ? nullptr : &*found;
}

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

bool ResultGroup::is_comparable() const {
  return std::ranges::all_of(outcomes,
                             [](const Outcome* one) { return spvae::is_comparable(*one); });
}

std::vector<double> ResultGroup::test_figures() const {
  std::vector<double> figures;
  figures.reserve(outcomes.size());
  for (const Outcome* outcome : outcomes) {
    figures.push_back(outcome->result.at("test").at("log_likelihood").get<double>());
  }
  return figures;
}

std::vector<double> ResultGroup::mean_scores() const {
  std::vector<double> means = doubles(outcomes.front()->scores);
  for (const Outcome* outcome : outcomes)
    means.resize(std::min(means.size(), outcome->scores.size()));
  for (std::size_t image = 0; image < means.size(); ++image) {
    double sum = 0;
    for (const Outcome* outcome : outcomes) sum += outcome->scores[image];
    means[image] = sum / static_cast<double>(outcomes.size());
  }
  return means;
}

double ResultGroup::standard_error() const {
  return sample_statistics(mean_scores()).standard_error;
}

std::vector<ResultGroup> groups_of(const std::vector<Outcome>& outcomes) {
  std::vector<ResultGroup> groups;
  for (const Outcome& outcome : outcomes) {
    const auto known = std::ranges::find_if(groups, [&outcome](const ResultGroup& group) {
      return group.trial->name() == outcome.trial.name() &&
             same_images(*group.outcomes.front(), outcome);
    });
    if (known == groups.end()) {
      groups.push_back({&outcome.trial, {&outcome}});
    } else {
      known->outcomes.push_back(&outcome);
    }
  }
  return groups;
}

std::vector<ResultPair> pairs_of(const std::vector<ResultGroup>& groups,
                                 const std::vector<Variant>& variants) {
  std::vector<std::string> names = {""};
  for (const Variant& variant : variants) names.push_back(variant.name);
  std::vector<ResultPair> pairs;
  for (const ResultGroup& group : groups) {
    const Trial& trial = *group.trial;
    const std::string model = trial.cell.substr(0, trial.cell.find('/'));
    const auto add = [&](const std::string& other_model, const std::string& variant,
                         bool is_ordered) {
      const ResultGroup* other = rival(groups, group, other_model, variant);
      if (other != nullptr) pairs.push_back({&group, other, is_ordered});
    };
    for (const auto& [one, other_model] : kOrderedModels) {
      if (model != one) continue;
      for (const std::string& variant : names) {
        if (trial.variant.empty() || trial.variant == variant) add(other_model, variant, true);
      }
    }
    if (!trial.variant.empty()) continue;
    for (const Variant& variant : variants) add(model, variant.name, false);
  }
  return pairs;
}

PairSpread spread_of(const ResultPair& pair) {
  PairSpread spread{.mean =
                        paired_difference(pair.group->mean_scores(), pair.other->mean_scores())};
  std::vector<double> means;
  for (const Outcome* one : pair.group->outcomes) {
    for (const Outcome* other : pair.other->outcomes) {
      means.push_back(paired_difference(doubles(one->scores), doubles(other->scores)).mean);
    }
  }
  spread.lowest = std::ranges::min(means);
  spread.highest = std::ranges::max(means);
  return spread;
}

}  // namespace spvae
