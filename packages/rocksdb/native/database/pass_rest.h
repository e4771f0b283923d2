// How much of its time a pass rests while it is not urgent: it takes from flushes the processor and the disk that writes wait for.
#pragma once

#include <algorithm>
#include <cstdint>

namespace shale {

// The least share of its time that a pass works.
constexpr double kLeastWork = 1.0 / 3;

// With `trigger` files in level 0 passes begin, and with `slowdown` of them writes slow down for them: the nearer that comes, the
// less is rested, so that level 0 stops growing in between.
inline double restAfterWork(double worked, uint64_t level0, uint64_t trigger, uint64_t slowdown) {
  if (level0 >= slowdown) return 0;
  const double urgency = level0 <= trigger ? 0 : static_cast<double>(level0 - trigger) / static_cast<double>(slowdown - trigger);
  return worked * (1 / std::max(kLeastWork, urgency) - 1);
}

}  // namespace shale
