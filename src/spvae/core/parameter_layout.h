#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "spvae/core/aligned_vector.h"

namespace spvae {

/// A named tensor inside of the one parameter buffer.
struct Tensor {
  std::string name;
  std::vector<std::size_t> shape;  ///< row-major, last axis contiguous
  std::size_t offset = 0;          ///< of the first element, in the buffer
  std::size_t size = 0;            ///< product of the shape
};

/// A weight matrix [rows, columns], row-major, inside of a parameter buffer.
struct WeightMatrix {
  std::size_t offset = 0;  ///< of its first element
  int rows = 0;
  int columns = 0;

  std::size_t size() const {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  }
};

/// The names, shapes and places of all parameters; gradients and Adam's moments share it.
class ParameterLayout {
 public:
  /// Appends a tensor and returns its offset. The name must be new (assertion).
  std::size_t add(std::string name, std::vector<std::size_t> shape);
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Tensor& find(const std::string& name) const;  ///< must exist (assertion)
  std::size_t size() const { return size_; }

 private:
  std::vector<Tensor> tensors_;
  std::size_t size_ = 0;
};

using ParameterBuffer = AlignedVector<float>;

}  // namespace spvae
