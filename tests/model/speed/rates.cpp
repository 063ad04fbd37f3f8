// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "model/speed/rates.hpp"

#include <array>

#include "devlock/check/check.hpp"

namespace speed {
namespace {

// Types of Relacy with the names that the scenarios use, and nothing else.
struct Bare {
  static constexpr auto acquire = rl::mo_acquire;
  static constexpr auto acq_rel = rl::mo_acq_rel;
  struct mutex : rl::generic_mutex<Bare> {
    using Base = rl::generic_mutex<Bare>;
    mutex() { this->init(false, false, false, false, RL_INFO); }
    ~mutex() { this->deinit(RL_INFO); }
    void lock() { Base::lock(RL_INFO); }
    bool try_lock() { return this->try_lock_exclusive(RL_INFO); }
    void unlock() { Base::unlock(RL_INFO); }
  };
  template <class T>
  struct atomic : rl::atomic<T> {
    explicit atomic(T value) : rl::atomic<T>(value) {}
    T load(rl::memory_order order) const { return rl::atomic<T>::load(order, RL_INFO); }
    T fetch_add(T value, rl::memory_order order) { return rl::atomic<T>::fetch_add(value, order, RL_INFO); }
    bool compare_exchange_strong(T& expected, T desired, rl::memory_order order) {
      return rl::atomic<T>::compare_exchange_strong(expected, desired, order, RL_INFO, rl::mo_relaxed, RL_INFO);
    }
  };
  template <class T>
  struct var : rl::var<T> {
    explicit var(T value) : rl::var<T>(value) {}
    T get() const { return (*this)(RL_INFO).load(); }
    void set(T value) { (*this)(RL_INFO).store(value); }
  };
  // As rl::condition_variable_any.
  struct condition_variable {
    rl::condition_variable_any sleepers;
    template <class Lock>
    void wait(Lock& lock) {
      Annotated<Lock> annotated{lock};
      sleepers.wait(annotated, RL_INFO);
    }
    void notify_all() { sleepers.notify_all(RL_INFO); }
    template <class Lock>
    struct Annotated {
      Lock& lock_;
      void lock(rl::debug_info_param) { lock_.lock(); }
      void unlock(rl::debug_info_param) { lock_.unlock(); }
    };
  };
};

struct Adapter : devlock::RelacySync {
  static constexpr auto acquire = std::memory_order_acquire;
  static constexpr auto acq_rel = std::memory_order_acq_rel;
};

// Trylocks of a scope each, top-down, with rollback.
template <class P>
struct Tree {
  static constexpr const char* name = "tree trylock: mutexes";
  static constexpr unsigned threads = 6;
  void thread(unsigned index) {
    constexpr unsigned first[] = {0, 0, 1, 2, 1, 0};
    constexpr unsigned end[] = {4, 2, 3, 4, 2, 1};
    unsigned taken = first[index];
    while (taken != end[index] && locks[taken].try_lock()) {
      ++taken;
    }
    if (taken == end[index]) {
      for (unsigned i = first[index]; i != taken; ++i) {
        states[i].set(index);
      }
    }
    while (taken != first[index]) {
      locks[--taken].unlock();
    }
  }
  std::array<typename P::mutex, 4> locks;
  typename P::template var<unsigned> states[4] = {typename P::template var<unsigned>(0U), typename P::template var<unsigned>(0U),
                                                  typename P::template var<unsigned>(0U), typename P::template var<unsigned>(0U)};
};

// A reference that is taken unless it is zero, used and given back, by three threads.
template <class P>
struct References {
  static constexpr const char* name = "get-unless-zero: atomics";
  static constexpr unsigned threads = 3;
  void thread(unsigned) {
    unsigned seen = users.load(P::acquire);
    while (seen != 0U && !users.compare_exchange_strong(seen, seen + 1U, P::acquire)) {
    }
    if (seen != 0U) {
      gets.fetch_add(1U, P::acq_rel);
      put();
    }
    put();
  }
  void put() {
    if (users.fetch_add(~0U, P::acq_rel) == 1U) {
      resource.set(0);
    }
  }
  typename P::template atomic<unsigned> users{3U};
  typename P::template atomic<unsigned> gets{0U};
  typename P::template var<int> resource{1};
};

// Users in a count, and one who sleeps until it is zero.
template <class P>
struct Drain {
  static constexpr const char* name = "drain: mutex, condition variable";
  static constexpr unsigned threads = 4;
  void thread(unsigned index) {
    if (index == 0) {
      lock.lock();
      leaving.set(true);
      while (users.get() != 0) {
        unused.wait(lock);
      }
      lock.unlock();
      return;
    }
    lock.lock();
    const bool enters = !leaving.get();
    if (enters) {
      users.set(users.get() + 1);
    }
    lock.unlock();
    if (enters) {
      lock.lock();
      users.set(users.get() - 1);
      if (users.get() == 0) {
        unused.notify_all();
      }
      lock.unlock();
    }
  }
  typename P::mutex lock;
  typename P::condition_variable unused;
  typename P::template var<int> users{0};
  typename P::template var<bool> leaving{false};
};

// Relacy's full search ends after so many executions.
template <unsigned Threads>
class Cut : public rl::full_search_scheduler<static_cast<rl::thread_id_t>(Threads)> {
  using Base = rl::full_search_scheduler<static_cast<rl::thread_id_t>(Threads)>;

 public:
  using Base::Base;
  static inline std::uint64_t left = 0;
  static inline std::uint64_t done = 0;
  bool iteration_end() {
    ++done;
    return Base::iteration_end() || --left == 0;
  }
};

// The numbers of objects start again.
struct FreshNumbers {
  explicit FreshNumbers(unsigned threads) { devlock::relacy::detail::published.begin_execution(threads); }
};
template <class S>
struct Suite : rl::test_suite<Suite<S>, static_cast<rl::thread_id_t>(S::threads)> {
  FreshNumbers fresh{S::threads};
  S scenario;
  void thread(unsigned index) { scenario.thread(index); }
};

using Clock = std::chrono::steady_clock;
double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Executions per second of `S` under Relacy's own scheduler.
template <class S>
double plain(std::uint64_t executions) {
  using Scheduler = Cut<S::threads>;
  Scheduler::left = executions;
  Scheduler::done = 0;
  rl::ostringstream trace;
  std::ostream nowhere(nullptr);
  rl::test_params params;
  params.iteration_count = ~rl::iteration_t{0};
  params.output_stream = &trace;
  params.progress_stream = &nowhere;
  params.search_type = rl::sched_full;
  rl::ostringstream place;
  const auto begin = Clock::now();
  const rl::test_result_e result = rl::run_test<Suite<S>, Scheduler>(params, place, false);
  const double rate = static_cast<double>(Scheduler::done) / since(begin);
  return result == rl::test_result_success ? rate : 0;
}

template <class S>
double checked(devlock::check::Search search, std::uint64_t executions) {
  double seconds = 0;
  std::uint64_t done = 0;
  while (done < executions) {  // a reduced search ends sooner
    const auto result = devlock::check::check<S>({.search = search, .executions = executions - done});
    if (result.outcome != devlock::check::Outcome::passed) {
      return 0;
    }
    done += result.executions;
    seconds += result.seconds;
  }
  return static_cast<double>(done) / seconds;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <template <class> class Scenario>
Rates measure() {
  constexpr std::uint64_t executions = 100000;
  constexpr unsigned rounds = 7;
  using On = Scenario<Adapter>;
  std::vector<double> rate[4];
  std::vector<double> ratio[4];
  for (unsigned round = 0; round != rounds; ++round) {
    const double now[4] = {plain<Scenario<Bare>>(executions), plain<On>(executions),
                           checked<On>(devlock::check::Search::full, executions),
                           checked<On>(devlock::check::Search::reduced, executions)};
    for (unsigned i = 0; i != 4; ++i) {
      rate[i].push_back(now[i]);
      ratio[i].push_back(now[i] / now[0]);
    }
  }
  const auto of = [&](unsigned i) { return Rate{median(rate[i]), median(ratio[i])}; };
  return {On::name, On::threads, of(0), of(1), of(2), of(3)};
}

}  // namespace

std::vector<Rates> measure_rates() { return {measure<Tree>(), measure<References>(), measure<Drain>()}; }

}  // namespace speed
