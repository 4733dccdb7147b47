// A tile through a network, forward and back.
#if defined(SPVAE_KERNELS_NETWORK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_NETWORK_INL_H_
#undef SPVAE_KERNELS_NETWORK_INL_H_
#else
#define SPVAE_KERNELS_NETWORK_INL_H_
#endif

#include "spvae/kernels/product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

HWY_INLINE void SoftplusInPlace(float* HWY_RESTRICT values, int count) {
  const FloatTag d;
  for (int i = 0; i < count; i += 2 * kLanes) {
    const Float first = Softplus(hn::Load(d, values + i));
    const Float second = Softplus(hn::Load(d, values + i + kLanes));
    hn::Store(first, d, values + i);
    hn::Store(second, d, values + i + kLanes);
  }
}

// delta ⊙ softplus', from the softplus s itself: 1 − e^−s; right also where s is tiny, since Adam
// makes whole steps of tiny gradients.
HWY_INLINE void MultiplyBySoftplusSlope(const float* HWY_RESTRICT s, float* HWY_RESTRICT delta,
                                        int count) {
  const FloatTag d;
  for (int i = 0; i < count; i += 2 * kLanes) {
    const Float first = OneMinusExpOfMinus(hn::Load(d, s + i));
    const Float second = OneMinusExpOfMinus(hn::Load(d, s + i + kLanes));
    hn::Store(hn::Mul(hn::Load(d, delta + i), first), d, delta + i);
    hn::Store(hn::Mul(hn::Load(d, delta + i + kLanes), second), d, delta + i + kLanes);
  }
}

// The network's output: `in` itself where there is no layer.
HWY_INLINE const float* NetworkForward(const Network& network, const float* in,
                                       const NetworkTrace& trace) {
  for (int i = 0; i < network.count; ++i) {
    const Layer& layer = network.layers[i];
    float* out = trace.output[i];
    Product(Start::kBias, layer.forward,
            {layer.weights, layer.inputs + 1, layer.outputs, layer.packed}, in, out);
    if (i + 1 < network.count || !network.linear_end) SoftplusInPlace(out, layer.features * kTile);
    in = out;
  }
  return in;
}

// From a layer's delta to the gradient of its input.
HWY_INLINE void InputGradient(Start start, const Layer& layer, const float* delta, float* out) {
  Product(start, layer.backward,
          {layer.transposed, layer.taps * layer.outputs, layer.input_channels(), true}, delta, out);
}

// From the last layer's delta to those of all others.
HWY_INLINE void NetworkBackward(const Network& network, const NetworkTrace& trace) {
  for (int i = network.count - 1; i > 0; --i) {
    const Layer& layer = network.layers[i];
    InputGradient(Start::kZero, layer, trace.delta[i], trace.delta[i - 1]);
    MultiplyBySoftplusSlope(trace.output[i - 1], trace.delta[i - 1], layer.input_features * kTile);
  }
}

// From the last delta of a trunk before its activation's slope to those of all its layers.
HWY_INLINE void TrunkBackward(const Network& trunk, const NetworkTrace& trace) {
  const int last = trunk.count - 1;
  MultiplyBySoftplusSlope(trace.output[last], trace.delta[last],
                          trunk.layers[last].features * kTile);
  NetworkBackward(trunk, trace);
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
