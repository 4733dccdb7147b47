// Philox4x32-10 and Box-Muller over lanes; core/random.h is the specification.
#if defined(SPVAE_KERNELS_RANDOM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_RANDOM_INL_H_
#undef SPVAE_KERNELS_RANDOM_INL_H_
#else
#define SPVAE_KERNELS_RANDOM_INL_H_
#endif

#include "spvae/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

struct Counter {
  Word word[4];
};

// Ten rounds on half of the lanes: each 64-bit lane holds a 32-bit word in its low half; what
// stands in the high half is ignored by the widening product.
template <class Wide>
HWY_INLINE void PhiloxHalf(std::uint32_t key0, std::uint32_t key1, Wide& x0, Wide& x1, Wide& x2,
                           Wide& x3) {
  const hn::ScalableTag<std::uint64_t> wide;
  const WordTag word;
  const Word multiplier0 = hn::Set(word, 0xD2511F53u);
  const Word multiplier1 = hn::Set(word, 0xCD9E8D57u);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const Wide product0 = hn::MulEven(hn::BitCast(word, x0), multiplier0);
    const Wide product1 = hn::MulEven(hn::BitCast(word, x2), multiplier1);
    x0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), x1), hn::Set(wide, key0));
    x2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), x3), hn::Set(wide, key1));
    x1 = product1;
    x3 = product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

HWY_INLINE void Philox(const Noise& noise, Counter& counter) {
  const hn::ScalableTag<std::uint64_t> wide;
  const WordTag word;
  using Wide = hn::Vec<decltype(wide)>;
  Wide even[4] = {hn::BitCast(wide, counter.word[0]), hn::BitCast(wide, counter.word[1]),
                  hn::BitCast(wide, counter.word[2]), hn::BitCast(wide, counter.word[3])};
  Wide odd[4] = {hn::ShiftRight<32>(even[0]), hn::ShiftRight<32>(even[1]),
                 hn::ShiftRight<32>(even[2]), hn::ShiftRight<32>(even[3])};
  PhiloxHalf(noise.seed, noise.step, even[0], even[1], even[2], even[3]);
  PhiloxHalf(noise.seed, noise.step, odd[0], odd[1], odd[2], odd[3]);
  for (int i = 0; i < 4; ++i) {
    counter.word[i] =
        hn::OddEven(hn::BitCast(word, hn::ShiftLeft<32>(odd[i])), hn::BitCast(word, even[i]));
  }
}

// Box-Muller: two words → two standard normals.
HWY_INLINE void NormalPair(Word word0, Word word1, Float& first, Float& second) {
  const IntTag i;
  const FloatTag d;
  const Float scale = Constant(0x1p-24f);
  const Float u = hn::Mul(
      hn::ConvertTo(d, hn::Add(hn::BitCast(i, hn::ShiftRight<8>(word0)), hn::Set(i, 1))), scale);
  const Float turns = hn::Mul(hn::ConvertTo(d, hn::BitCast(i, hn::ShiftRight<8>(word1))), scale);
  const Float radius = hn::Sqrt(hn::Mul(Constant(-2.0f), Log(u)));
  Float sine = radius;
  Float cosine = radius;
  SinCosOfTurns(turns, sine, cosine);
  first = hn::Mul(radius, cosine);
  second = hn::Mul(radius, sine);
}

// Four normals a lane: dimensions 4·block … 4·block + 3.
HWY_INLINE void NormalsOfBlock(const Noise& noise, Word block_and_purpose, Word sample, Word leaf,
                               Word image, Float (&out)[4]) {
  Counter counter{{block_and_purpose, sample, leaf, image}};
  Philox(noise, counter);
  NormalPair(counter.word[0], counter.word[1], out[0], out[1]);
  NormalPair(counter.word[2], counter.word[3], out[2], out[3]);
}

// Table::normals: lanes are blocks of dimensions.
void Normals(const Noise& noise, std::uint32_t image, std::uint32_t leaf, std::uint32_t sample,
             std::size_t count, float* out) {
  const WordTag word;
  HWY_ALIGN float block[4][kLanes];
  for (std::size_t first = 0; first < count; first += 4 * kLanes) {
    const auto first_block = static_cast<std::uint32_t>(first / 4) | noise.purpose << 24;
    Float normal[4] = {hn::Zero(FloatTag()), hn::Zero(FloatTag()), hn::Zero(FloatTag()),
                       hn::Zero(FloatTag())};
    NormalsOfBlock(noise, hn::Iota(word, first_block), hn::Set(word, sample), hn::Set(word, leaf),
                   hn::Set(word, image), normal);
    for (int i = 0; i < 4; ++i) hn::Store(normal[i], FloatTag(), block[i]);
    const std::size_t end = HWY_MIN(count - first, std::size_t{4 * kLanes});
    for (std::size_t i = 0; i < end; ++i) out[first + i] = block[i % 4][i / 4];
  }
}

// Latent noise of a tile: out [latent][kTile].
HWY_INLINE void LatentNoise(const Noise& noise, std::uint32_t leaf, const Rows& rows, int latent,
                            float* HWY_RESTRICT out) {
  const WordTag word;
  const FloatTag d;
  for (int v = 0; v < kVectors; ++v) {
    const Word image = hn::LoadU(word, rows.images + v * kLanes);
    const Word sample = hn::LoadU(word, rows.samples + v * kLanes);
    for (int dimension = 0; dimension < latent; dimension += 4) {
      const auto block = static_cast<std::uint32_t>(dimension / 4) | noise.purpose << 24;
      Float normal[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
      NormalsOfBlock(noise, hn::Set(word, block), sample, hn::Set(word, leaf), image, normal);
      const int end = HWY_MIN(4, latent - dimension);
      for (int i = 0; i < end; ++i) {
        hn::Store(normal[i], d, out + (dimension + i) * kTile + v * kLanes);
      }
    }
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
