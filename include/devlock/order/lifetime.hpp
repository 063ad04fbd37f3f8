// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lifetime that somebody waits for is a lock: unbind waits, under device_lock, until every descriptor of the device is closed.
// So whoever operates through a descriptor holds that class, whatever its context says.
//
//   devlock::Through through{context, session};     // context plus open_device
//   pci::reset(through, target, scope);              // does not compile: device_lock precedes open_device
//   pci::try_reset(through, target, scope);          // compiles
//
// A descriptor that outlives the function which opened it is parked, and reached again only by an Adoption, which is made from a
// root, before any lock: a thread that holds a lock and one that needs it to reach the descriptor would wait for each other.
// Not checked: waits with the plain context while a session of this thread is open; waits for a lock before the Adoption of what
// this thread is to close; references to a session kept from an earlier Through. Each of them can deadlock with an unbind.
#pragma once

#include <utility>

#include "devlock/order/refused.hpp"

namespace devlock {

/// Something whose end others wait for: it names the class of that wait.
template <class T>
concept Lifetime = requires { typename T::lifetime_class; } && LockClass<typename T::lifetime_class>;

template <class HeldSet, class Session>
class Through;

/// The context of operations through `session`. Costs nothing.
template <class Order, class... Elements, Lifetime Session>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY Through<Held<Order, Elements...>, Session>
    : public HeldContext<Held<Order, Elements..., typename Session::lifetime_class>> {
 public:
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<Held<Order, Elements...>>>
  [[nodiscard]] Through(const Parent& parent, Session& session, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : session_(&session) {
    this->mark.enter(parent.mark, where);
    this->mark.template joins<Order, typename Session::lifetime_class>(session_, where);
    this->set_newest_instance(parent.newest_instance());
  }
  ~Through() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED { this->mark.leave(); }
  [[nodiscard]] Session& operator*() const noexcept { return *session_; }
  [[nodiscard]] Session* operator->() const noexcept { return session_; }

 private:
  Session* session_;
};

template <LockContext Context, Lifetime Session>
Through(const Context&, Session&) -> Through<typename Context::held, Session>;

template <class Permission, class Session>
class Adoption;

/// A session kept where only an Adoption reaches it.
template <Lifetime Session>
class Parked {
 public:
  explicit Parked(Session session) : session_(std::move(session)) {}

 private:
  template <class Permission, class S>
  friend class Adoption;
  Session session_;
};

/// An Adoption was asked for while locks are held, or under a ContextFor, where callers may hold some.
template <class Asked, class HeldSet>
struct adoption_after_a_lock {};

/// The way to a parked session: made from a root, and the context of everything done with it.
template <class Order, Lifetime Session>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY Adoption<Held<Order>, Session>
    : public HeldContext<Held<Order, typename Session::lifetime_class>> {
 public:
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<Held<Order>>>
  [[nodiscard]] Adoption(const Parent& parent, Parked<Session>& parked,
                         validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : session_(&parked.session_) {
    this->mark.enter(parent.mark, where);
    this->mark.template joins<Order, typename Session::lifetime_class>(session_, where);
  }
  ~Adoption() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED { this->mark.leave(); }
  [[nodiscard]] Session& operator*() const noexcept { return *session_; }
  [[nodiscard]] Session* operator->() const noexcept { return session_; }

 private:
  Session* session_;
};

// A refusal: the name of this type is the message.
template <class Asked, class HeldSet, class Session>
class Adoption<adoption_after_a_lock<Asked, HeldSet>, Session>
    : public detail::Refused<adoption_after_a_lock<Asked, HeldSet>> {
 public:
  Adoption(const ContextTag&, Parked<Session>&) = delete;
  [[nodiscard]] Session& operator*() const noexcept;
  [[nodiscard]] Session* operator->() const noexcept;
};

namespace detail {
template <class HeldSet, class Session>
struct adoption_verdict {
  using type = adoption_after_a_lock<typename Session::lifetime_class, HeldSet>;
};
template <class Order, class Session>
struct adoption_verdict<Held<Order>, Session> {
  using type = Held<Order>;
};
}  // namespace detail

template <LockContext Context, Lifetime Session>
Adoption(const Context&, Parked<Session>&)
    -> Adoption<typename detail::adoption_verdict<typename Context::held, Session>::type, Session>;

}  // namespace devlock
