// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a step about mediated devices is asked of one host: two of them may be there, each with a uuid and a group of its own. HandleDesk asks
// what is about handles alone.
//
// Not checked: that the handles are there which the step is about; Handles::has says so.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/vfio/uuid.hpp"
#include "handle_desk.hpp"

namespace fidelity {

/// The mediated devices that scripts create and remove.
inline constexpr unsigned mdevs = 2;
inline devlock::vfio::Uuid mdev_uuid(unsigned place) {
  return *devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fb" + std::to_string(1001U + place));
}

template <class Site>
class MdevDesk : public HandleDesk<Site> {
 public:
  MdevDesk(Site& site, std::vector<std::string> types)
      : HandleDesk<Site>(site.host()), site_(site), types_(std::move(types)) {}

  static constexpr std::string_view object = "mdev";
  [[nodiscard]] const std::vector<std::string>& names() const { return types_; }
  std::string ask(const Step& step) {
    Context context;
    switch (step.op) {
      case Op::create_mdev:
        return create(context, step.function, types_[step.choice]);
      case Op::remove_mdev: {
        const std::string answer = site_.remove(context, mdev_uuid(step.function));
        if (answer == "ok") {
          groups_[step.function] = no_group;
        }
        return answer;
      }
      case Op::open_all:
        return open_all(context, step);
      default:
        return this->ask_of_handles(context, step, groups_[step.function], mdev_uuid(step.function));
    }
  }

  /// Whether a device is on the bus now.
  [[nodiscard]] std::string driver(unsigned place) const {
    return site_.is_there(mdev_uuid(place)) ? "it is there" : "it is not there";
  }
  /// A group is noted where its device is created, and forgotten with it: a kernel gives its number to the next one.
  static void note_groups() {}
  void note_left(Notes& notes) {
    for (unsigned place = 0; place != mdevs; ++place) {
      notes.push_back({"left: mdev " + std::to_string(place), "", driver(place)});
    }
    Context context;
    for (unsigned place = 0; place != mdevs; ++place) {
      auto group = site_.host().open_group(context.assume(), groups_[place]);
      notes.push_back({"left: the group of mdev " + std::to_string(place), "",
                       group ? text(group->status(context.assume())) : text(group.error())});
    }
    notes.push_back({"left: instances", "", site_.available(context)});
  }

 private:
  static constexpr int no_group = 1'000'000;  // that no host has

  std::string create(Context& context, unsigned place, const std::string& type) {
    std::string answer = site_.create(context, type, mdev_uuid(place));
    if (answer == "ok") {
      groups_[place] = site_.group_of(context, mdev_uuid(place));
    }
    return answer;
  }
  // What is missing of all that an open device needs. The first step that fails is the answer.
  std::string open_all(Context& context, const Step& step) {
    std::string said;
    (void)((groups_[step.function] != no_group ||
            this->works(said, Op::create_mdev, create(context, step.function, types_.front()))) &&
           this->open_handles(
               said, context, step, [&] { return groups_[step.function]; }, mdev_uuid(step.function)));
    return said;
  }

  Site& site_;
  std::vector<std::string> types_;
  std::array<int, mdevs> groups_{no_group, no_group};
};

}  // namespace fidelity
