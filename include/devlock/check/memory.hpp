// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Memory under the checker. Relacy replaces the plain operator new and delete, inline, and follows what a scenario
// allocates: a block that is left is a leak, one that is freed twice an error. This header adds the forms that Relacy
// lacks, so that a block never comes from one allocator and goes to the other, and Untracked, for memory that is not
// worth following.
//
//   devlock::check::Untracked<Tree> tree;   // built and destroyed for each execution, at the speed of malloc
//
// Not checked: that an Untracked object neither allocates nor frees while the threads run.
#pragma once

#include <new>
#include <utility>

#include "devlock/check/relacy.hpp"

// Weak, not inline: the language forbids inline replacements, and each program needs them exactly once.
[[gnu::weak]] void operator delete(void* block, std::size_t) noexcept { ::operator delete(block); }
[[gnu::weak]] void operator delete[](void* block, std::size_t) noexcept { ::operator delete[](block); }
[[gnu::weak]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return ::operator new(size); }
[[gnu::weak]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return ::operator new[](size); }
[[gnu::weak]] void operator delete(void* block, const std::nothrow_t&) noexcept { ::operator delete(block); }
[[gnu::weak]] void operator delete[](void* block, const std::nothrow_t&) noexcept { ::operator delete[](block); }

namespace devlock::check {
namespace detail {

// Relacy's inline replacements must exist out of line, else the standard library's shared object keeps its own.
using New = void* (*)(std::size_t);
using Delete = void (*)(void*) noexcept;
[[gnu::used]] inline const New keep_new[] = {static_cast<New>(&::operator new), static_cast<New>(&::operator new[])};
[[gnu::used]] inline const Delete keep_delete[] = {static_cast<Delete>(&::operator delete),
                                                   static_cast<Delete>(&::operator delete[])};

// While one lives, the simulated program allocates past Relacy.
class UntrackedRegion : rl::context {
 public:
  UntrackedRegion() = delete;
  static void enter() { ++(rl::ctx().*(&UntrackedRegion::disable_alloc_)); }
  static void leave() { --(rl::ctx().*(&UntrackedRegion::disable_alloc_)); }
};

}  // namespace detail

/// A part of a scenario whose memory Relacy does not follow. Constructed and destroyed once in each execution; what it
/// allocates in its constructor it frees in its destructor, and nothing in between.
template <class T>
class Untracked {
 public:
  template <class... Arguments>
  explicit Untracked(Arguments&&... arguments) {
    detail::UntrackedRegion::enter();
    ::new (static_cast<void*>(storage_)) T(std::forward<Arguments>(arguments)...);
    detail::UntrackedRegion::leave();
  }
  ~Untracked() {
    detail::UntrackedRegion::enter();
    get()->~T();
    detail::UntrackedRegion::leave();
  }
  Untracked(const Untracked&) = delete;
  Untracked& operator=(const Untracked&) = delete;

  T& operator*() noexcept { return *get(); }
  T* operator->() noexcept { return get(); }

 private:
  T* get() noexcept { return std::launder(reinterpret_cast<T*>(storage_)); }
  alignas(T) unsigned char storage_[sizeof(T)];
};

}  // namespace devlock::check
