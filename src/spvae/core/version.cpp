#include "spvae/core/version.h"

namespace spvae {

std::string_view version() { return SPVAE_VERSION; }

}  // namespace spvae
