// Philox4x32-10 and Box-Muller over lanes; core/random.h is the specification.
#if defined(SPVAE_KERNELS_RANDOM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_RANDOM_INL_H_
#undef SPVAE_KERNELS_RANDOM_INL_H_
#else
#define SPVAE_KERNELS_RANDOM_INL_H_
#endif

#include "spvae/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// Philox4x32-10 of kCount vectors of counters, together: one alone would wait for its own
// multiplications. Each 64-bit lane holds a 32-bit word in its low half; what stands in the high
// half is ignored by the widening product, so that even and odd lanes are a vector each.
template <int kCount>
HWY_INLINE void Philox(const Noise& noise, Word (&counter)[kCount][4]) {
  const hn::ScalableTag<std::uint64_t> wide;
  const WordTag word;
  using Wide = hn::Vec<decltype(wide)>;
  const Word multiplier0 = hn::Set(word, 0xD2511F53u);
  const Word multiplier1 = hn::Set(word, 0xCD9E8D57u);
  Wide x[2 * kCount][4];
  for (int c = 0; c < kCount; ++c) {
    for (int i = 0; i < 4; ++i) {
      x[2 * c][i] = hn::BitCast(wide, counter[c][i]);
      x[2 * c + 1][i] = hn::ShiftRight<32>(x[2 * c][i]);
    }
  }
  std::uint32_t key0 = noise.seed;
  std::uint32_t key1 = noise.step;
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const Wide keys0 = hn::Set(wide, key0);
    const Wide keys1 = hn::Set(wide, key1);
#pragma GCC unroll 4
    for (int h = 0; h < 2 * kCount; ++h) {
      const Wide product0 = hn::MulEven(hn::BitCast(word, x[h][0]), multiplier0);
      const Wide product1 = hn::MulEven(hn::BitCast(word, x[h][2]), multiplier1);
      x[h][0] = hn::Xor3(hn::ShiftRight<32>(product1), x[h][1], keys0);
      x[h][2] = hn::Xor3(hn::ShiftRight<32>(product0), x[h][3], keys1);
      x[h][1] = product1;
      x[h][3] = product0;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  for (int c = 0; c < kCount; ++c) {
    for (int i = 0; i < 4; ++i) {
      counter[c][i] = hn::OddEven(hn::BitCast(word, hn::ShiftLeft<32>(x[2 * c + 1][i])),
                                  hn::BitCast(word, x[2 * c][i]));
    }
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

// Four normals a lane of each counter.
template <int kCount>
HWY_INLINE void NormalsOfBlocks(const Noise& noise, Word (&counter)[kCount][4],
                                Float (&out)[kCount][4]) {
  Philox(noise, counter);
  for (int c = 0; c < kCount; ++c) {
    NormalPair(counter[c][0], counter[c][1], out[c][0], out[c][1]);
    NormalPair(counter[c][2], counter[c][3], out[c][2], out[c][3]);
  }
}

HWY_INLINE Word BlockWord(const Noise& noise, int dimension) {
  return hn::Set(WordTag(), static_cast<std::uint32_t>(dimension / 4) | noise.purpose << 24);
}

// Table::normals: lanes are blocks of dimensions.
void Normals(const Noise& noise, std::uint32_t image, std::uint32_t leaf, std::uint32_t sample,
             std::size_t count, float* out) {
  const WordTag word;
  HWY_ALIGN float block[4][kLanes];
  for (std::size_t first = 0; first < count; first += 4 * kLanes) {
    const auto first_block = static_cast<std::uint32_t>(first / 4) | noise.purpose << 24;
    Word counter[1][4] = {{hn::Iota(word, first_block), hn::Set(word, sample), hn::Set(word, leaf),
                           hn::Set(word, image)}};
    Float normal[1][4];
    NormalsOfBlocks(noise, counter, normal);
    for (int i = 0; i < 4; ++i) hn::Store(normal[0][i], FloatTag(), block[i]);
    const std::size_t end = HWY_MIN(count - first, std::size_t{4 * kLanes});
    for (std::size_t i = 0; i < end; ++i) out[first + i] = block[i % 4][i / 4];
  }
}

// Latent noise of a tile: out [latent][kTile].
HWY_INLINE void LatentNoise(const Noise& noise, std::uint32_t leaf, const Rows& rows, int latent,
                            float* HWY_RESTRICT out) {
  const WordTag word;
  const FloatTag d;
  // As many together as the registers hold.
  constexpr int kTogether = kLanes >= 16 ? 2 : 1;
  for (int v = 0; v < kVectors; v += kTogether) {
    for (int dimension = 0; dimension < latent; dimension += 4) {
      Word counter[kTogether][4];
      Float normal[kTogether][4];
      for (int t = 0; t < kTogether; ++t) {
        counter[t][0] = BlockWord(noise, dimension);
        counter[t][1] = hn::LoadU(word, rows.samples + (v + t) * kLanes);
        counter[t][2] = hn::Set(word, leaf);
        counter[t][3] = hn::LoadU(word, rows.images + (v + t) * kLanes);
      }
      NormalsOfBlocks(noise, counter, normal);
      const int end = HWY_MIN(4, latent - dimension);
      for (int t = 0; t < kTogether; ++t) {
        for (int i = 0; i < end; ++i) {
          hn::Store(normal[t][i], d, out + (dimension + i) * kTile + (v + t) * kLanes);
        }
      }
    }
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
