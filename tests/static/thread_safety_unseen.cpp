// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What Clang's thread safety analysis does not see: every function below is wrong, and compiles without a warning. The list
// stands in order/capability.hpp; the validator reports all of it but the data.
// FLAGS-clang: -Wthread-safety -Wthread-safety-reference -Werror
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>

#include "devlock/devlock.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

Ordered<first, std::mutex> a;
Ordered<second, std::mutex> b;
int in_a DEVLOCK_GUARDED_BY(a) = 0;

using Inner = Guard<Held<Order>, Ordered<second, std::mutex>>;

void in_an_optional() {
  ThreadContext<Order> root;
  std::optional<Inner> inner;
  inner.emplace(root, b);
  Guard stale{root, a};
}

void behind_a_pointer() {
  ThreadContext<Order> root;
  const auto inner = std::make_unique<Inner>(root, b);
  Guard stale{root, a};
}

struct Owner {
  explicit Owner(const ThreadContext<Order>& root) : inner(root, b) {}
  Inner inner;
};
void as_a_member() {
  ThreadContext<Order> root;
  const Owner owner(root);
  Guard stale{root, a};
}

void second_root() {
  ThreadContext<Order> root;
  Guard inner{root, b};
  ThreadContext<Order> another;
  Guard stale{another, a};
}

void another_thread() {
  ThreadContext<Order> root;
  std::thread([&root] {
    root.assume();
    Guard foreign{root, a};
  }).join();
}

void assumed_wrongly() {
  ThreadContext<Order> root;
  Guard inner{root, b};
  const auto take = [&root] {
    root.assume();
    Guard stale{root, a};
  };
  take();
}

void kept_copy(ContextFor<Order, first> context) DEVLOCK_REQUIRES(context) {
  const ContextFor<Order, first> copy = context;
  Guard inner{context, b};
  copy.assume();
  Guard stale{copy, a};
}

void take_first(ContextFor<Order, first> context) DEVLOCK_REQUIRES(context) { Guard guard{context, a}; }
void through_a_pointer_to_function(void (*take)(ContextFor<Order, first>)) {
  ThreadContext<Order> root;
  Guard inner{root, b};
  take(root);
}
void through_a_pointer() { through_a_pointer_to_function(&take_first); }

void data_after_a_released_try() {
  ThreadContext<Order> root;
  TryGuard guard{root, a};
  if (guard) {
    guard.owned(a);
    guard.release();
    ++in_a;
  }
}

[[maybe_unused]] constexpr auto all =
    std::tuple(&in_an_optional, &behind_a_pointer, &as_a_member, &second_root, &another_thread, &assumed_wrongly,
               &kept_copy, &through_a_pointer, &data_after_a_released_try);

}  // namespace
