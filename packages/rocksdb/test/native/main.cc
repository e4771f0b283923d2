// The model test of the log memtable. Run it through test/native/test-memtable.mjs.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "check.h"
#include "memtable/log_memtable.h"

namespace shale::test {

namespace {

std::string label;

template <class Test>
void run(const char* name, uint64_t seed, Test&& test) {
  label = std::string(name) + ", seed " + std::to_string(seed);
  const auto start = std::chrono::steady_clock::now();
  const std::string report = test();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%-10s ok: %s, %.1f s\n", name, report.c_str(), seconds);
  std::fflush(stdout);
}

int main(int count, char** words) {
  if (count == 5 && std::string(words[1]) == "write-until-killed") {
    label = "the writer to be killed";
    writeUntilKilled(words[2], std::strtoull(words[3], nullptr, 10), std::strtoull(words[4], nullptr, 10));
    return 0;
  }
  if (count != 4) {
    std::fprintf(stderr, "usage: %s FOLDER SEED SCALE\n", words[0]);
    return 2;
  }
  const std::string folder = words[1];
  const uint64_t seed = std::strtoull(words[2], nullptr, 10);
  const double scale = std::strtod(words[3], nullptr);
  const auto scaled = [scale](double number) { return static_cast<uint64_t>(number * scale) + 1; };
  if (makeLogMemtable() == nullptr) {
    std::printf("This RocksDB is not known: the skip list is used, and there is nothing to test.\n");
    return 0;
  }
  run("hashes", seed, [&] { return testRunHash(); });
  run("records", seed, [&] { return testRep(seed, scaled(20000)); });
  run("readers", seed, [&] { return testRepReaders(seed, 3 * scale); });
  run("database", seed, [&] { return testDatabase(seed, scaled(1000), folder); });
  run("crashes", seed, [&] { return testCrash(seed, scaled(6), folder, std::filesystem::read_symlink("/proc/self/exe")); });
  return 0;
}

}  // namespace

void fail(const std::string& message) {
  std::fprintf(stderr, "FAILED (%s): %s\n", label.c_str(), message.c_str());
  std::fflush(stderr);
  std::_Exit(1);
}

}  // namespace shale::test

int main(int count, char** words) { return shale::test::main(count, words); }
