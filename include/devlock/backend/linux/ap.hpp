// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// AP queues of s390 through sysfs: the two masks that say which of them are for the host's drivers, and what an mdev of vfio_ap is
// assigned. The same operations as the model's, vfio/ap/bus.hpp and matrix_device.hpp, under the same contexts.
//
//   host.ap().store(context, ap::Dimension::adapter, "-4");     // adapter 4 goes to vfio_ap
//   host.ap().assign(context, uuid, ap::Dimension::adapter, 4);
//
// Not checked: that the machine has such an adapter or domain; the kernel says ENODEV.
// Source: drivers/s390/crypto/ap_bus.c, vfio_ap_ops.c.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/linux/explain.hpp"
#include "devlock/backend/linux/inventory.hpp"
#include "devlock/vfio/ap/matrix.hpp"
#include "devlock/vfio/uuid.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class Ap {
 public:
  using Mask = vfio::ap::Mask;
  using Matrix = vfio::ap::Matrix;
  using Apqn = vfio::ap::Apqn;
  using Dimension = vfio::ap::Dimension;

  explicit Ap(Sysfs<Sys> sysfs) : sysfs_(std::move(sysfs)) {}

  /// What is the host's: apmask and aqmask, read one after the other. Waits for ap_perms_lock.
  [[nodiscard]] Result<Matrix> masks([[maybe_unused]] vfio::ContextFor<vfio::ap_perms_lock> context) const
      DEVLOCK_REQUIRES(context) {
    Matrix host;
    for (const Dimension dimension : {Dimension::adapter, Dimension::domain}) {
      const auto text = sysfs_.read(sysfs_.ap() + '/' + mask_name(dimension));
      const auto mask = text ? Mask::parse(*text, Mask()) : std::nullopt;
      if (!mask || mask->to_string() != *text) {
        return fail(Operation::load_ap_mask, mask_name(dimension), text ? EIO : text.error(),
                    {{EIO, "it is not readable or not what sysfs prints", "see the kernel log (dmesg)"}});
      }
      of(host, dimension) = *mask;
    }
    return host;
  }
  /// Writes apmask (adapters) or aqmask (domains): "0x" and digits, or changes as "+4,-6-9". Queues that change hands are bound
  /// again. EBUSY: an mdev has a queue that would become the host's. EINVAL: malformed. Waits for ap_perms_lock and
  /// device_lock.
  [[nodiscard]] Result<void> store([[maybe_unused]] vfio::ContextFor<vfio::device_lock> context, Dimension dimension,
                                   std::string_view text) const DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::store_ap_mask;
    if (dimension == Dimension::control_domain || text.empty() || !Mask::parse(text, Mask())) {
      return failure(make_error(operation, mask_name(dimension), EINVAL, in_quotes(text) + " is no mask of 0 to 255",
                                "write 0x and hexadecimal digits, or changes as +4,-6-9, of adapters or domains"));
    }
    const auto written = sysfs_.write(sysfs_.ap() + '/' + mask_name(dimension), text);
    if (written) {
      return {};
    }
    return fail(operation, mask_name(dimension), written.error(),
                {{EBUSY, "an mdev has a queue that would become the host's", "unassign it there first"},
                 {EINVAL, "the kernel does not take this mask", "name no number above what the machine can have"}});
  }
  [[nodiscard]] Result<void> store(vfio::ContextFor<vfio::device_lock> context, Dimension dimension,
                                   const Mask& mask) const DEVLOCK_REQUIRES(context) {
    return store(context.again(), dimension, mask.to_string());
  }

  /// Gives an adapter, a domain or a control domain to an mdev. EADDRNOTAVAIL, not owned: a queue of it is the host's.
  /// EADDRINUSE, held: another mdev has one. EBUSY, held: the same of older kernels, or a guest runs with it. ENODEV: the
  /// machine cannot have it, or there is no such mdev. Waits for ap_perms_lock, the guests' kvm_lock and mdevs_lock.
  [[nodiscard]] Result<void> assign([[maybe_unused]] vfio::ContextFor<vfio::ap_perms_lock> context,
                                    const vfio::Uuid& mdev, Dimension dimension, unsigned number) const
      DEVLOCK_REQUIRES(context) {
    return change(Operation::assign_ap, "assign_", mdev, dimension, number);
  }
  /// Takes it back; a guest loses its queues at once. Waits for guests_lock, kvm_lock and mdevs_lock.
  [[nodiscard]] Result<void> unassign([[maybe_unused]] vfio::ContextFor<vfio::guests_lock> context,
                                      const vfio::Uuid& mdev, Dimension dimension, unsigned number) const
      DEVLOCK_REQUIRES(context) {
    return change(Operation::unassign_ap, "unassign_", mdev, dimension, number);
  }

  /// The queues that an mdev is assigned. Waits for mdevs_lock. ENOENT: there is no such mdev, or it is none of vfio_ap.
  [[nodiscard]] Result<std::vector<Apqn>> matrix([[maybe_unused]] vfio::ContextFor<vfio::mdevs_lock> context,
                                                 const vfio::Uuid& mdev) const DEVLOCK_REQUIRES(context) {
    return queues(mdev, "matrix");
  }
  /// Those of them that its guest has: the ones that the host has too. Kernels before 5.15 do not say (ENOENT).
  [[nodiscard]] Result<std::vector<Apqn>> guest_matrix([[maybe_unused]] vfio::ContextFor<vfio::mdevs_lock> context,
                                                       const vfio::Uuid& mdev) const DEVLOCK_REQUIRES(context) {
    return queues(mdev, "guest_matrix");
  }

 private:
  static std::string mask_name(Dimension dimension) {
    switch (dimension) {
      case Dimension::adapter:
        return "apmask";
      case Dimension::domain:
        return "aqmask";
      case Dimension::control_domain:
        break;
    }
    return "control domain mask";
  }
  static std::string attribute_of(Dimension dimension) {
    std::string name = to_string(dimension);
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
  }
  [[nodiscard]] static Failure fail(Operation operation, std::string object, int error_number,
                                    std::initializer_list<Meaning> known) {
    Error error = explain(operation, std::move(object), error_number, known);
    if (error_number == ENOENT) {
      error.reason = "this machine has no AP bus";
      error.remedy = "it takes an s390 with crypto adapters, and the modules ap and vfio_ap";
    }
    return failure(std::move(error));
  }
  [[nodiscard]] Result<void> change(Operation operation, const char* verb, const vfio::Uuid& mdev, Dimension dimension,
                                    unsigned number) const {
    const auto written =
        sysfs_.write(sysfs_.mdev(mdev.text()) + '/' + verb + attribute_of(dimension), std::to_string(number));
    if (written) {
      return {};
    }
    const std::string what = std::string(to_string(dimension)) + ' ' + std::to_string(number);
    return failure(explain(operation, what + " of " + mdev.text(), written.error(),
                           {{EADDRNOTAVAIL, "a queue of it is the host's", "take it out of apmask or aqmask first"},
                            {EADDRINUSE, "another mdev has a queue of it", "unassign it there first"},
                            {EBUSY, "a guest or another mdev has a queue of it", "end that use first"},
                            {EAGAIN, "the matrix is locked", "try again"},
                            {ENODEV, "the machine cannot have so large a number, or the mdev is leaving",
                             "see /sys/bus/ap/ap_max_domain_id"},
                            {ENOENT, "there is no such mdev of vfio_ap", "see /sys/bus/mdev/devices"},
                            {EINVAL, "the kernel does not take this number", ""}}));
  }
  // Lines as "04.0006"; a part that is missing, as "04." or ".0006", is a matrix without queues.
  [[nodiscard]] Result<std::vector<Apqn>> queues(const vfio::Uuid& mdev, const char* name) const {
    const auto text = sysfs_.read(sysfs_.mdev(mdev.text()) + '/' + name);
    std::vector<Apqn> all;
    bool whole = text.has_value();
    for (std::string_view rest = text ? std::string_view(*text) : std::string_view(); whole && !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const auto dot = line.find('.');
      const std::string_view adapter = line.substr(0, dot);
      const std::string_view domain = dot == std::string_view::npos ? std::string_view() : line.substr(dot + 1);
      const auto first = parse_hex(adapter, 0xffU);
      const auto second = parse_hex(domain, 0xffffU);
      if (first && adapter.size() == 2 && second && domain.size() == 4) {
        all.push_back({*first, *second});
      } else {
        whole = dot != std::string_view::npos && (adapter.empty() || (first && adapter.size() == 2)) &&
                (domain.empty() || (second && domain.size() == 4)) && adapter.empty() != domain.empty();
      }
    }
    if (!whole) {
      return failure(explain(Operation::enumerate, std::string(name) + " of " + mdev.text(), text ? EIO : text.error(),
                             {{ENOENT, "there is no such mdev of vfio_ap", "see /sys/bus/mdev/devices"},
                              {EIO, "it is not readable or not what sysfs prints", "see the kernel log (dmesg)"}}));
    }
    return all;
  }

  Sysfs<Sys> sysfs_;
};

}  // namespace devlock::linux_host
