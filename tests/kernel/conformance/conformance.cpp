// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Compares the shipped order with what lockdep of a real kernel saw.
//
//   conformance judge --boot NAME=DIR ... [--table FILE --kernel TEXT]    what a run saw; conformance.sh calls it
//   conformance table FILE                                                whether the table lists the declared edges
//
// A directory holds any number of looks at one kernel: *.lockdep (/proc/lockdep) and *.chains (/proc/lockdep_chains).
#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "devlock/vfio/order.hpp"
#include "report.hpp"

namespace {

using namespace conformance;

enum Exit { agrees = 0, differs = 1, unusable = 2 };

struct Unusable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Edge edge_named(const std::string& text) {
  const auto arrow = text.find('>');
  if (arrow == std::string::npos) {
    throw Unusable("edge '" + text + "' is not of the form OUTER>INNER, such as kvm.lock>kvm_vcpu.mutex");
  }
  return {text.substr(0, arrow), text.substr(arrow + 1)};
}

DeclaredOrder order_of(const std::vector<std::string>& without, const std::vector<std::string>& reversed) {
  auto order = DeclaredOrder::of<devlock::vfio::VfioOrder>();
  const auto edit = [&](const std::vector<std::string>& edges, auto change) {
    for (const std::string& text : edges) {
      if (!change(edge_named(text))) {
        throw Unusable("edge '" + text + "' is not declared in vfio/order.hpp");
      }
    }
  };
  edit(without, [&](const Edge& edge) { return order.leave_out(edge); });
  edit(reversed, [&](const Edge& edge) { return order.reverse(edge); });
  return order;
}

// Every look at the kernel that the directory holds.
Boot look(const std::string& argument, Observed& observed) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Unusable("--boot " + argument + " is not of the form NAME=DIR");
  }
  Boot boot{argument.substr(0, equals), 0, 0, 0};
  const std::filesystem::path folder = argument.substr(equals + 1);
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    const auto kind = file.path().extension();
    if (kind != ".lockdep" && kind != ".chains") {
      continue;
    }
    std::ifstream text(file.path());
    Lockdep seen;
    try {
      kind == ".lockdep" ? read_classes(text, seen) : read_chains(text, seen);
    } catch (const NotLockdep& wrong) {
      throw Unusable(file.path().string() + ", " + wrong.what() + "; read the console of that boot");
    }
    ++boot.looks;
    boot.chains = std::max(boot.chains, seen.chains.size());
    boot.telling = std::max(boot.telling, observe(seen, boot.name, observed));
  }
  if (error || boot.looks == 0) {
    throw Unusable(folder.string() + " holds no *.lockdep and no *.chains; run sh cmake/quickstart kernel-conformance");
  }
  return boot;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[sizeof "2027-01-01"] = "";
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

int judge(const DeclaredOrder& order, const std::vector<std::string>& arguments, const std::string& file,
          const std::string& kernel) {
  Observed observed;
  std::vector<Boot> boots;
  for (const std::string& argument : arguments) {
    boots.push_back(look(argument, observed));
    std::cout << "boot " << boots.back().name << ": " << boots.back().looks << " looks at lockdep, "
              << boots.back().telling << " chains with two of our classes\n";
  }
  const auto table = rows(order, observed);
  std::vector<std::string> wrong = disagreements(order, observed);
  for (const Edge& edge : outdated(observed)) {
    wrong.push_back(edge.first + " before " + edge.second + " was seen, and reasons.hpp says that it cannot be");
  }
  for (const std::string& fault : faults(order, table)) {
    wrong.push_back(fault);
  }
  for (const std::string& text : wrong) {
    std::cout << "DISAGREES: " << text << '\n';
  }
  std::cout << summary(table) << "; " << observed.size() << " pairs of classes seen\n";
  if (!wrong.empty()) {
    return differs;
  }
  if (!file.empty()) {
    std::ostringstream text;
    write_report(text, table, observed, boots, kernel, today());
    std::ostringstream before;
    before << std::ifstream(file).rdbuf();
    if (without_date(before.str()) == without_date(text.str())) {
      std::cout << file << ": as it was\n";
      return agrees;
    }
    std::ofstream out(file);
    out << text.str();
    out.close();
    if (!out) {
      throw Unusable("cannot write " + file + "; pass --table FILE of a folder that is there and writable");
    }
    std::cout << file << ": written\n";
  }
  return agrees;
}

int check_table(const DeclaredOrder& order, const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    throw Unusable("cannot read " + file);
  }
  const auto table = read_rows(in);
  const auto wrong = faults(order, table);
  for (const std::string& text : wrong) {
    std::cout << file << ": " << text << '\n';
  }
  if (!wrong.empty()) {
    std::cout << "sh cmake/quickstart kernel-conformance writes it anew\n";
    return differs;
  }
  std::cout << file << ": " << table.size() << " edges, as declared\n";
  return agrees;
}

}  // namespace

int main(int count, char** words) {
  CLI::App app{
      "Compares the shipped lock order with what lockdep of a real kernel saw.\n"
      "Exit status: 0 they agree, 1 they differ, 2 it cannot tell."};
  app.require_subcommand(1);
  std::vector<std::string> without;
  std::vector<std::string> reversed;
  const auto spoil = [&](CLI::App* command) {
    command->add_option("--without", without, "Judge by an order without this edge, OUTER>INNER");
    command->add_option("--reverse", reversed, "Judge by an order with this edge the other way round");
  };
  std::vector<std::string> boots;
  std::string file;
  std::string kernel = "Linux";
  auto* const judged = app.add_subcommand("judge", "Judge what boots of a kernel with lockdep saw");
  judged->add_option("--boot", boots, "NAME=DIR; DIR holds *.lockdep and *.chains")->required();
  judged->add_option("--table", file, "Write the table of declared edges to this file");
  judged->add_option("--kernel", kernel, "Which kernel it was, for the table");
  spoil(judged);
  auto* const checked =
      app.add_subcommand("table", "Check that a table lists the declared edges, and each with an answer");
  checked->add_option("FILE", file)->required();
  spoil(checked);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? agrees : unusable;
  }
  try {
    const DeclaredOrder order = order_of(without, reversed);
    return judged->parsed() ? judge(order, boots, file, kernel) : check_table(order, file);
  } catch (const Unusable& error) {
    std::cerr << "conformance: " << error.what() << '\n';
    return unusable;
  }
}
