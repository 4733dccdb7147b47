#pragma once

namespace spvae {

struct LikelihoodInfo;

constexpr int kMaxMixtureComponents = 16;

struct MixtureConfig {
  int components = 2;  ///< m: 1 … kMaxMixtureComponents
};

/// A mixture of m discretised logistics, each as logistic_likelihood() has it, their weights the
/// softmax of m outputs. Component c has the location of its output plus mixture_offset(c, m).
LikelihoodInfo mixture_likelihood();

/// (c + ½)/m − ½: fresh networks have outputs of one size, and what starts alike would stay alike.
constexpr double mixture_offset(int component, int components) {
  return (component + 0.5) / components - 0.5;
}

}  // namespace spvae
