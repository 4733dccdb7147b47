#include "spvae/model/engine.h"

#include "spvae/leaves/fused_engine.h"
#include "spvae/reference/reference_engine.h"

namespace spvae {

std::unique_ptr<LeafEngine> make_engine(Engine engine, const LeafBank& bank, ThreadPool& pool) {
  return engine == Engine::kFused ? make_fused_engine(bank, pool)
                                  : make_reference_engine(bank, pool);
}

}  // namespace spvae
