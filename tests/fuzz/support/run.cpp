// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs a fuzz target without libFuzzer: every file of the corpus, then as many mutations of them, from a seed. It takes the
// arguments that libFuzzer takes, as far as the tests use them, and keeps the input that a target fails on.
//
// Not done: it does not look at which code an input reaches.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

const Input* current = nullptr;
std::string artifact = "crash";

// Async-signal-safe: the input goes to a file, and the program ends as libFuzzer would end it.
extern "C" void keep_input(int) {
  const int fd = open(artifact.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd >= 0 && current != nullptr) {
    (void)!write(fd, current->data(), current->size());
  }
  _exit(77);
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  Input mutate(const std::vector<Input>& corpus) {
    Input input = corpus[below(corpus.size())];
    for (std::size_t left = 1 + below(8); left != 0; --left) {
      change(input, corpus[below(corpus.size())]);
    }
    input.resize(std::min<std::size_t>(input.size(), 4096));
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(random_() >> 24U); }
  Input::iterator place(Input& input) { return input.begin() + static_cast<std::ptrdiff_t>(below(input.size() + 1)); }
  void change(Input& input, const Input& other) {
    switch (below(7)) {
      case 0:
        if (!input.empty()) {
          input[below(input.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        }
        break;
      case 1:
        if (!input.empty()) {
          input[below(input.size())] = byte();
        }
        break;
      case 2:
        input.insert(place(input), byte());
        break;
      case 3:
        if (!input.empty()) {
          input.erase(input.begin() + static_cast<std::ptrdiff_t>(below(input.size())));
        }
        break;
      case 4:
        input.erase(place(input), input.end());
        break;
      case 5: {  // a part of another input
        const std::size_t from = below(other.size());
        const std::size_t size = below(other.size() - from + 1);
        input.insert(place(input), other.begin() + static_cast<std::ptrdiff_t>(from),
                     other.begin() + static_cast<std::ptrdiff_t>(from + size));
        break;
      }
      default:
        for (std::size_t left = below(64); left != 0; --left) {
          input.push_back(byte());
        }
        break;
    }
  }

  std::mt19937_64 random_;
};

void run(const Input& input) {
  current = &input;
  (void)LLVMFuzzerTestOneInput(input.data(), input.size());
}

Input read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 10'000;
  std::uint64_t seed = 1;
  std::vector<Input> corpus{Input()};
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto value = [&] { return std::string(argument.substr(argument.find('=') + 1)); };
    if (argument.starts_with("-runs=")) {
      runs = std::stoull(value());
    } else if (argument.starts_with("-seed=")) {
      seed = std::stoull(value());
    } else if (argument.starts_with("-artifact_prefix=")) {
      artifact = value() + "crash";
    } else if (argument.starts_with("-")) {
      std::fprintf(stderr, "%s: not known here; see tests/fuzz/support/run.cpp\n", argv[i]);
      return 2;
    } else if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::directory_iterator(argument)) {
        corpus.push_back(read_file(entry.path()));
      }
    } else {
      corpus.push_back(read_file(argument));
    }
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) {
    std::signal(signal_number, keep_input);
  }
  std::uint64_t done = 0;
  for (const Input& input : corpus) {
    run(input);
    ++done;
  }
  Mutator mutator(seed);
  for (; done < runs; ++done) {
    run(mutator.mutate(corpus));
  }
  std::printf("Done %llu runs: %zu files and their mutations, seed %llu\n", static_cast<unsigned long long>(done),
              corpus.size(), static_cast<unsigned long long>(seed));
  return 0;
}
