// Feeds inputs to the target where the compiler brings no libFuzzer: files that are named, or changed ones of them.
//
//   standalone RUNS SEED [FILE ...]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size);

using Input = std::vector<uint8_t>;

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const unsigned long runs = std::strtoul(arguments[1], nullptr, 10);
  std::mt19937 random(static_cast<uint32_t>(std::strtoul(arguments[2], nullptr, 10)));
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  std::vector<Input> corpus;
  for (int i = 3; i < count; i++) {
    std::ifstream file(arguments[i], std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (corpus.empty()) corpus.emplace_back(64, 0);
  for (const Input& input : corpus) LLVMFuzzerTestOneInput(input.data(), input.size());
  for (unsigned long run = 0; run < runs; run++) {
    Input input = corpus[below(corpus.size())];
    for (size_t changes = 1 + below(4); changes > 0; changes--) {
      const size_t at = input.empty() ? 0 : below(input.size());
      switch (below(4)) {
        case 0:
          if (!input.empty()) input[at] ^= static_cast<uint8_t>(1u << below(8));
          break;
        case 1:
          if (!input.empty()) input[at] = static_cast<uint8_t>(below(3) == 0 ? random() : below(40));
          break;
        case 2:
          input.insert(input.begin() + at, static_cast<uint8_t>(below(2) == 0 ? 0 : random()));
          break;
        default:
          if (!input.empty()) input.erase(input.begin() + at);
      }
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%lu inputs\n", runs);
}
