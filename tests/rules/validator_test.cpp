// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Random programs, told to the validator hook by hook, against order/rule.hpp over a plain list of what is held: each report is there and
// no other. What the validator remembers from one program to the next, and what it does not look at, must change no answer: the
// programs run one after the other on one thread, under orders that differ.
#include "rules/support/validated.hpp"

#include <thread>

#include "rules/support/campaign.hpp"
#include "rules/support/random.hpp"
#include "support/catch.hpp"

namespace {

using namespace rules::validated;

std::vector<Seen>& reports() {
  static std::vector<Seen> them;
  return them;
}
void collect(const validate::Report& report) {
  const auto name = [](const validate::Party& party) { return party.class_name == nullptr ? "" : party.class_name; };
  const bool counts = report.fault != Fault::release_under_child && report.fault != Fault::already_held;
  reports().push_back(
      {report.fault, name(report.subject), name(report.other), report.other.instance, counts ? report.count : 1});
}

// A context that lives.
struct Living {
  Guarding guard;
  std::uint64_t id;
  std::uint64_t parent;
  bool child_said = false;
  bool joined = false;
  const AnyLock* only = nullptr;  ///< of a guard: the lock that it took, and how
  How how{};
};

class Program {
 public:
  explicit Program(std::uint64_t number) : random_(rules::seed(), number) {
    validate::forget_order();
    // Few locks, so that often nothing at all is wrong; or many.
    most_held_ = 1 + random_.below(6);
    favourite_ = random_.below(orders);
    for (std::size_t size = 2 + random_.below(8); size != 0; --size) {
      pool_.push_back(random_.below(locks_.all.size()));
    }
  }

  void run() {
    root(any_order());
    for (std::size_t steps = 12 + random_.below(24); steps != 0; --steps) {
      step();
    }
    while (!judge_.held.empty()) {
      give(judge_.held.size() - 1);
    }
    while (!living_.empty()) {
      leave(living_.size() - 1);
    }
  }
  std::string difference;  ///< the first step that is told otherwise
  std::size_t told[32]{};  ///< reports by fault

 private:
  void step() {
    const std::size_t kind = random_.below(100);
    if (living_.empty() || kind < 4) {
      root(any_order());
    } else if (kind < 14) {
      enter_unchecked();
    } else if (kind < 24) {
      enter(random_.percent(90) ? living_.size() - 1 : random_.below(living_.size()));
    } else if (kind < 50 && judge_.held.size() < most_held_) {
      guard(random_.percent(90) ? living_.size() - 1 : random_.below(living_.size()));
    } else if (kind < 78 && judge_.held.size() < most_held_) {
      ask(*living_[random_.percent(75) ? living_.size() - 1 : random_.below(living_.size())]);
    } else if (kind >= 78 && kind < 80) {
      join(*living_.back());
    } else if (kind < 92) {
      if (!judge_.held.empty()) {
        give(random_.percent(50) ? judge_.held.size() - 1 : random_.below(judge_.held.size()));
      }
    } else {
      leave(random_.percent(60) ? living_.size() - 1 : random_.below(living_.size()));
    }
  }

  std::size_t any_order() { return random_.percent(80) ? favourite_ : random_.below(orders); }
  Living& begin(std::uint64_t parent) {
    living_.push_back(std::make_unique<Living>());
    living_.back()->id = ++last_;
    living_.back()->parent = parent;
    return *living_.back();
  }
  void root(std::size_t order) {
    std::vector<Seen> expected;
    if (!living_.empty()) {
      expected.push_back({Fault::second_root, "", "", nullptr});
    }
    const std::size_t known = judge_.program;
    if (known == orders || extends(order, known)) {
      judge_.program = order;
    } else if (known != order && !extends(known, order)) {
      expected.push_back({Fault::second_order, "", "", nullptr});
    }
    Living& made = begin(0);
    with_order(order, [&](auto of) { made.guard.mark.enter_root<decltype(of)>({}); });
    compare("root", expected);
  }
  void enter_unchecked() {
    begin(0).guard.mark.enter_unchecked<Base>("a test of the validator", {});
    compare("unchecked", {});
  }
  void enter(std::size_t place) {
    const Living& parent = *living_[place];
    std::vector<Seen> expected;
    if (place + 1 != living_.size()) {
      expected.push_back({Fault::stale_context, "", "", nullptr});
    }
    begin(parent.id).guard.mark.enter(parent.guard.mark, {});
    compare("enter", expected);
  }

  How any_how() {
    constexpr How plain[] = {How::wait,     How::wait,       How::wait,        How::wait,       How::wait, How::wait,
                             How::try_once, How::scope_wait, How::shared_wait, How::shared_try, How::adopt};
    return plain[random_.below(std::size(plain))];
  }
  HeldLock any_acquisition(const AnyLock& lock, std::uint64_t context) {
    HeldLock asked{&lock, context, any_order(), any_how(), nullptr};
    if (lock.nests && random_.percent(80)) {
      asked.how = random_.percent(70) ? How::nested_wait : How::nested_try;
      asked.owner = name_owner();
    }
    return asked;
  }

  // A guard: a context and its only lock at once.
  void guard(std::size_t place) {
    Living& parent = *living_[place];
    const AnyLock& lock = locks_.all[pool_[random_.below(pool_.size())]];
    HeldLock asked = any_acquisition(lock, last_ + 1);
    std::vector<Seen> expected;
    if (place + 1 != living_.size()) {
      expected.push_back({Fault::stale_context, "", "", nullptr});
    }
    for (const Seen& each : judge_.judge(asked)) {
      expected.push_back(each);
    }
    Living& made = begin(parent.id);
    lock.enter_for(made.guard.mark, parent.guard.mark, random_.percent(30), lock.object, asked.order, asked.how);
    compare(lock.classes[0].name, expected);
    if (!is_wait(asked.how) && random_.percent(25)) {
      lock.lost(made.guard.mark, lock.object);
    } else {
      lock.took_first(made.guard.mark, lock.object, asked.how);
      made.only = &lock;
      made.how = asked.how;
      judge_.held.push_back(asked);
    }
    compare("outcome of a guard", {});
  }

  void ask(Living& context) {
    if (context.only != nullptr) {
      return;
    }
    const AnyLock& lock = locks_.all[pool_[random_.below(pool_.size())]];
    for (const HeldLock& held :
         judge_.held) {  // a context that takes a device and its part could not say which it gives back
      if (held.context == context.id && held.lock != &lock && held.lock->object == lock.object) {
        return;
      }
    }
    const HeldLock asked = any_acquisition(lock, context.id);
    const std::vector<Seen> expected = judge_.judge(asked);
    lock.want(context.guard.mark, lock.object, asked.order, asked.how);
    compare(lock.classes[0].name, expected);
    const bool fails = !is_wait(asked.how) && random_.percent(25);
    if (fails) {
      lock.lost(context.guard.mark, lock.object);
    } else {
      lock.took(context.guard.mark, lock.object);
      judge_.held.push_back(asked);
    }
    compare("outcome", {});
  }
  // The newest lock of any context, or none is held.
  const void* name_owner() {
    const Living& owner = *living_[random_.below(living_.size())];
    const void* place = nullptr;
    for (const HeldLock& held : judge_.held) {
      place = held.context == owner.id ? held.lock->object : place;
    }
    LiveContextMark::nests(nest_, {}, owner.guard);
    std::vector<Seen> expected;
    if (place == nullptr) {
      expected.push_back({Fault::nest_owner, "nested", "", nullptr});
    }
    compare("nests", expected);
    return place;
  }

  // A user of something whose end others wait for; as one of class c.
  void join(Living& context) {
    if (!context.joined && context.only == nullptr) {
      context.joined = true;
      context.guard.mark.joins<Base, c>(&session_, {});
      judge_.held.push_back({&joined_, context.id, 0, How::lifetime, nullptr});
      compare("join", {});
    }
  }
  void give(std::size_t place) {
    const HeldLock given = judge_.held[place];
    Living& context = *living_of(given.context);
    if (given.how == How::lifetime || context.only != nullptr) {
      leave(place_of(context));
      return;
    }
    const std::vector<Seen> expected = children_of(context, given.lock->classes[0].name);
    given.lock->gives(context.guard.mark, given.lock->object);
    // Of two of the same context and lock, the newer.
    for (std::size_t i = judge_.held.size(); i-- != 0;) {
      if (judge_.held[i].context == given.context && judge_.held[i].lock == given.lock) {
        judge_.held.erase(judge_.held.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      }
    }
    compare("give", expected);
  }
  // What it holds is given back before.
  void leave(std::size_t place) {
    Living& context = *living_[place];
    if (context.only != nullptr) {
      const std::vector<Seen> expected = children_of(context, context.only->classes[0].name);
      context.only->leave_with(context.guard.mark, context.only->object, context.how);
      forget(place);
      compare("end of a guard", expected);
      return;
    }
    for (std::size_t i = judge_.held.size(); i-- != 0;) {
      if (judge_.held[i].context == context.id && judge_.held[i].how != How::lifetime) {
        give(i);
      }
    }
    const std::vector<Seen> expected = children_of(context, "");
    context.guard.mark.leave();
    forget(place);
    compare("leave", expected);
  }
  void forget(std::size_t place) {
    std::erase_if(judge_.held, [&](const HeldLock& held) { return held.context == living_[place]->id; });
    living_.erase(living_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  std::vector<Seen> children_of(Living& context, const char* subject) {
    std::vector<Seen> expected;
    for (const auto& other : living_) {
      if (other->parent == context.id && !context.child_said) {
        context.child_said = true;
        expected.push_back({Fault::release_under_child, subject, "", nullptr});
      }
    }
    return expected;
  }
  Living* living_of(std::uint64_t id) {
    for (const auto& each : living_) {
      if (each->id == id) {
        return each.get();
      }
    }
    return nullptr;
  }
  std::size_t place_of(const Living& context) const {
    std::size_t place = 0;
    while (living_[place].get() != &context) {
      ++place;
    }
    return place;
  }

  void compare(const char* step, const std::vector<Seen>& expected) {
    std::vector<Seen> found = std::exchange(reports(), {});
    for (const Seen& each : found) {
      ++told[static_cast<std::size_t>(each.fault)];
    }
    if (found != expected && difference.empty()) {
      difference = step;
      for (const bool wanted : {true, false}) {
        difference += wanted ? "\n  expected:" : "\n  told:";
        for (const Seen& each : wanted ? expected : found) {
          difference += " fault " + std::to_string(static_cast<int>(each.fault)) + " of " + each.asked + " against " +
                        each.other + ", count " + std::to_string(each.count);
        }
      }
    }
  }

  rules::Random random_;
  Locks locks_;
  std::vector<std::size_t> pool_;
  std::size_t most_held_ = 0;
  std::size_t favourite_ = 0;
  Lock<nested> nest_{};
  char session_ = 0;
  const AnyLock joined_{&session_, 1,       {one_class<c>()}, false,   0,       nullptr,
                        nullptr,   nullptr, nullptr,          nullptr, nullptr, nullptr};
  Judge judge_;
  std::vector<std::unique_ptr<Living>> living_;
  std::uint64_t last_ = 0;
};

TEST_CASE("The validator reports what the rules say of all that is held, and nothing else") {
  const validate::Handler before = validate::set_handler(&collect);
  constexpr std::uint64_t programs = 60'000;
  std::size_t told[32]{};
  std::string difference;
  std::uint64_t number = 0;
  for (int threads = 0; threads != 4; ++threads) {  // one after the other: what a thread leaves, the next inherits
    std::thread([&] {
      for (std::uint64_t last = number + programs / 4; number != last && difference.empty();) {
        Program program(++number);
        program.run();
        difference = program.difference;
        for (std::size_t f = 0; f != std::size(told); ++f) {
          told[f] += program.told[f];
        }
      }
    }).join();
  }
  validate::set_handler(before);
  INFO("seed " << rules::seed() << ", program " << number << ", " << difference);
  CHECK(difference.empty());
  for (const Fault fault :
       {Fault::stale_context, Fault::second_root, Fault::second_order, Fault::inversion, Fault::unordered,
        Fault::same_class, Fault::shared_after_shared, Fault::outside_nest, Fault::nest_owner, Fault::instance_order,
        Fault::already_held, Fault::release_under_child}) {
    INFO("fault " << static_cast<int>(fault));
    CHECK(told[static_cast<std::size_t>(fault)] > 50);
  }
}

}  // namespace
