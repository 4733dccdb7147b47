#pragma once

// Which SIMD targets the kernels are compiled for; to be included before Highway's own headers.
// Scalable vectors have no fixed number of lanes; the finer AVX-512 levels bring nothing here.
#define HWY_DISABLED_TARGETS \
  (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_AVX3_DL | HWY_SSSE3)
// Neither does AES, which old virtual machines hide and which must not keep them from SSE4.
#define HWY_DISABLE_PCLMUL_AES
