// What the kernel keeps of files in memory.
#pragma once

#include <string>

namespace shale {

// Gives back what the kernel keeps of a file that is on stable storage and that nobody reads soon. What it cannot give
// back stays, and so does all of it on systems that take no such advice.
void leavePageCache(const std::string& path) noexcept;

}  // namespace shale
