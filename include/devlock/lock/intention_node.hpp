// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// IntentionNode is one node of a tree that is locked by intention (multi-granularity locking): one atomic word says whether the node is
// held alone, whether all of its subtree is, and how many holders below it left a mark on their way. So a subtree of any size is taken
// by one compare-and-swap at its root and a mark per ancestor, and a node by one and a mark per ancestor.
//
//   held here \ asked for   mark   alone   subtree
//   mark                    yes    yes     no
//   alone                   yes    no      no
//   subtree                 no     no      no
//
// A node held alone does not exclude its children: a bridge's device lock is not its bus. Everybody takes from the root down, so a
// try fails only because of a holder or of an attempt that overlaps it, and if no holder releases during a race, the racer that
// came furthest succeeds. Who waits holds nothing while it sleeps: it sleeps on the word that refused it, and starts again at the root.
//
// Locks of a node are its three parts, intention_lock.hpp. `Rules` is Shipped; the wrong ones are for tests.
// Not checked: that parents form a tree, that nobody locks a node outside of it, and that what is given was taken; guards see to that.
// Source: Gray, Lorie, Putzolu: Granularity of Locks in a Shared Data Base, 1975.
#pragma once

#include <atomic>

#include "devlock/config.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock {

/// What can be asked of a node.
enum class Intention : unsigned { mark, alone, subtree };

/// The rules that are proved by the model checker.
struct IntentionRules {
  /// Marks that a node can have at a time: holders and attempts below it. One more is refused as contention.
  static constexpr unsigned most_marks = (1U << 29) - 1U;
  /// The held bits and marks that refuse each intention.
  static constexpr bool subtree_refuses_mark = true;
  static constexpr bool alone_refuses_alone = true;
  static constexpr bool marks_refuse_subtree = true;
  /// Giving back wakes whoever sleeps on the word.
  static constexpr bool last_mark_wakes = true;
  static constexpr bool release_wakes = true;
  /// A failed attempt takes its marks back.
  static constexpr bool takes_marks_back = true;
  static constexpr std::memory_order taking = std::memory_order_acquire;
  static constexpr std::memory_order giving = std::memory_order_release;
};

template <Sync S, class Rules = IntentionRules>
class IntentionNode {
 public:
  IntentionNode() = default;
  IntentionNode(const IntentionNode&) = delete;
  IntentionNode& operator=(const IntentionNode&) = delete;

  /// Before anybody locks it; a node is never moved to another parent.
  void set_parent(IntentionNode* parent) noexcept { parent_ = parent; }
  [[nodiscard]] IntentionNode* parent() const noexcept { return parent_; }

  /// All or nothing: a mark on every ancestor, from the root down, and `what` here.
  [[nodiscard]] bool try_take(Intention what) {
    if (parent_ != nullptr && !parent_->try_take(Intention::mark)) {
      return false;
    }
    if (try_word(what)) {
      return true;
    }
    if (parent_ != nullptr && Rules::takes_marks_back) {
      parent_->give(Intention::mark);
    }
    return false;
  }
  /// Gives back what try_take or take took, from here up.
  void give(Intention what) {
    for (IntentionNode* node = this; node != nullptr; node = node->parent_, what = Intention::mark) {
      node->give_word(what);
    }
  }
  /// Waits for it.
  void take(Intention what) {
    while (!try_take(what)) {
      sleep_until_changed(what);
    }
  }
  /// After a try that failed: sleeps on the word that refuses it now, until that may have changed. Returns at once if none does.
  void sleep_until_changed(Intention what) {
    if (parent_ == nullptr || !parent_->slept(Intention::mark)) {
      static_cast<void>(slept_here(what));
    }
  }

  [[nodiscard]] bool held_alone() const {
    return (word_.load(std::memory_order_acquire) & alone_bit) != 0U;
  }  // pairs with give()
  [[nodiscard]] bool held_subtree() const {
    return (word_.load(std::memory_order_acquire) & subtree_bit) != 0U;
  }  // pairs with give()
  [[nodiscard]] unsigned marks() const {
    return word_.load(std::memory_order_acquire) & marks_mask;
  }  // pairs with give()

 private:
  static constexpr unsigned subtree_bit = 1U << 31;
  static constexpr unsigned alone_bit = 1U << 30;
  static constexpr unsigned waiters_bit = 1U << 29;  // somebody sleeps on this word, or is about to
  static constexpr unsigned marks_mask = waiters_bit - 1U;
  static_assert(Rules::most_marks <= marks_mask);

  static constexpr unsigned bit_of(Intention what) {
    return what == Intention::mark ? 1U : what == Intention::alone ? alone_bit : subtree_bit;
  }
  static constexpr bool refuses(unsigned word, Intention what) {
    switch (what) {
      case Intention::mark:
        return (Rules::subtree_refuses_mark && (word & subtree_bit) != 0U) || (word & marks_mask) == Rules::most_marks;
      case Intention::alone:
        return (word & subtree_bit) != 0U || (Rules::alone_refuses_alone && (word & alone_bit) != 0U);
      case Intention::subtree:
        return (word & (subtree_bit | alone_bit)) != 0U || (Rules::marks_refuse_subtree && (word & marks_mask) != 0U);
    }
    return true;
  }
  bool try_word(Intention what) {
    unsigned seen = word_.load(std::memory_order_relaxed);
    while (!refuses(seen, what)) {
      if (word_.compare_exchange_strong(seen, seen + bit_of(what), Rules::taking,
                                        std::memory_order_relaxed)) {  // pairs with give_word()
        return true;
      }
    }
    return false;
  }
  void give_word(Intention what) {
    const unsigned before = word_.fetch_sub(bit_of(what), Rules::giving);  // pairs with try_word()
    if ((before & waiters_bit) != 0U && wakes(before, what)) {
      wake();
    }
  }
  // A mark fewer makes a difference to who sleeps if it was the last one, or one too many.
  static constexpr bool wakes(unsigned before, Intention what) {
    const unsigned marks = before & marks_mask;
    return what == Intention::mark ? (Rules::last_mark_wakes && marks == 1U) || marks == Rules::most_marks
                                   : Rules::release_wakes;
  }
  void wake() {
    unsigned seen = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_strong(seen, seen & ~waiters_bit, std::memory_order_relaxed,
                                          std::memory_order_relaxed)) {
    }
    word_.notify_all();
  }
  // Top down: the first word on the path that refuses.
  bool slept(Intention what) { return (parent_ != nullptr && parent_->slept(what)) || slept_here(what); }
  bool slept_here(Intention what) {
    unsigned seen = word_.load(std::memory_order_relaxed);
    while (refuses(seen, what)) {
      if ((seen & waiters_bit) != 0U ||
          word_.compare_exchange_strong(seen, seen | waiters_bit, std::memory_order_relaxed,
                                        std::memory_order_relaxed)) {
        word_.wait(seen | waiters_bit, std::memory_order_relaxed);  // taking it again is what synchronises
        return true;
      }
    }
    return false;
  }

  typename S::template atomic<unsigned> word_{0U};
  IntentionNode* parent_ = nullptr;
};

}  // namespace devlock
