#include "spvae/model/region_rectangle.h"

#include <cstddef>

namespace spvae {

PixelRectangle region_rectangle(const Spvae& model, int region) {
  return bounding_rectangle(model.graph().regions()[static_cast<std::size_t>(region)].scope,
                            model.config().width, model.config().channels);
}

}  // namespace spvae
