#include "spvae/core/parameter_layout.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>
#include <utility>

namespace spvae {

std::size_t ParameterLayout::add(std::string name, std::vector<std::size_t> shape) {
  assert(std::ranges::find(tensors_, name, &Tensor::name) == tensors_.end());
  const std::size_t offset = size_;
  const std::size_t count =
      std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
  tensors_.push_back({std::move(name), std::move(shape), offset, count});
  size_ += count;
  return offset;
}

const Tensor& ParameterLayout::find(const std::string& name) const {
  const auto found = std::ranges::find(tensors_, name, &Tensor::name);
  assert(found != tensors_.end());
  return *found;
}

}  // namespace spvae
