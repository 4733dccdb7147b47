#pragma once

#include "subject.h"

namespace spvae::bench {

/// Seconds of each part of a training step, in order.
struct StepParts {
  double gather = 0;  ///< images to the kernels' order
  double leaves_forward = 0;
  double importance = 0;  ///< leaf bounds, and the rows' gradients on the way back
  double circuit = 0;     ///< value and responsibilities
  double leaves_backward = 0;
  double adam = 0;
};

/// Medians over `count` steps, which do what Trainer::step does but leave the model as it is.
StepParts step_parts(Subject& subject, int count);

}  // namespace spvae::bench
