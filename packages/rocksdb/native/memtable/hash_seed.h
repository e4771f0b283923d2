// What hashes of ids begin with.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <random>

namespace shale {

inline uint64_t drawHashSeed() noexcept {
  try {
    std::random_device random;
    return uint64_t{random()} << 32 | random();
  } catch (const std::exception&) {
    // A machine that gives no random numbers: ids are spread without them, too, unless they were chosen to collide.
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
}

// Of this process alone, so that ids cannot be chosen to have the same hash.
inline const uint64_t kHashSeed = drawHashSeed();

}  // namespace shale
