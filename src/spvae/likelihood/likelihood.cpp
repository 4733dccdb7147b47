#include "spvae/likelihood/likelihood.h"

#include <cassert>
#include <cmath>
#include <cstddef>
#include <string>

namespace spvae {
namespace {

const std::vector<LikelihoodInfo>& likelihood_table() {
  static const std::vector<LikelihoodInfo> table = {
#define SPVAE_ROW(Name, name) name##_likelihood(),
      SPVAE_LIKELIHOODS(SPVAE_ROW)
#undef SPVAE_ROW
  };
  return table;
}

FieldList<LikelihoodConfig> all_fields() {
  std::vector<std::string> names;
  std::string help = "of a pixel given its leaf's code:";
  for (const LikelihoodInfo& info : likelihood_table()) {
    help += std::string(names.empty() ? " " : ", ").append(info.name);
    help += std::string(" (").append(info.pixels).append(")");
    names.emplace_back(info.name);
  }
  help += "; logistic is the default of 8-bit data without a name";
  FieldList<LikelihoodConfig> fields = {
      choice_field("likelihood", &LikelihoodConfig::kind, help, names)};
  for (const Likelihood likelihood : all_likelihoods()) {
    const LikelihoodInfo& info = likelihood_info(likelihood);
    for (const Field<LikelihoodConfig>& field : info.fields) {
      Field<LikelihoodConfig> own = only_for<LikelihoodConfig>(
          std::string(info.name),
          [likelihood](const LikelihoodConfig& config) { return config.kind == likelihood; },
          field);
      // Files have always named those of the default likelihood.
      if (likelihood != LikelihoodConfig().kind) own.written = own.used;
      fields.push_back(own);
    }
  }
  return fields;
}

}  // namespace

const LikelihoodInfo& likelihood_info(Likelihood likelihood) {
  const auto row = static_cast<std::size_t>(likelihood);
  assert(row < likelihood_table().size());
  return likelihood_table()[row];
}

std::vector<Likelihood> all_likelihoods() {
  std::vector<Likelihood> all;
  all.reserve(likelihood_table().size());
  for (std::size_t i = 0; i < likelihood_table().size(); ++i) {
    all.push_back(static_cast<Likelihood>(i));
  }
  return all;
}

std::vector<double> likelihood_table(const LikelihoodConfig& config,
                                     std::span<const double> parameters) {
  const SharedParameters* shared = likelihood_info(config.kind).shared;
  return shared == nullptr ? std::vector<double>() : shared->table(parameters);
}

std::vector<double> pull_back_tables(const LikelihoodConfig& config,
                                     std::span<const double> parameters,
                                     std::span<const std::vector<double>> grad_tables) {
  const SharedParameters* shared = likelihood_info(config.kind).shared;
  if (shared == nullptr) return {};
  std::vector<double> sum(grad_tables.front().size());
  for (const std::vector<double>& table : grad_tables) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += table[i];
  }
  return shared->pull_back(parameters, sum);
}

const FieldList<LikelihoodConfig>& likelihood_fields() {
  static const FieldList<LikelihoodConfig> list = all_fields();
  return list;
}

int outputs_of_pixel(const LikelihoodConfig& config) {
  int outputs = 0;
  for (const LikelihoodHead& head : likelihood_info(config.kind).heads(config)) {
    outputs += head.outputs;
  }
  return outputs;
}

}  // namespace spvae
