// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The report as JSON.
#include <cmath>

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "report.hpp"

namespace try_reset {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const devlock::Error& error) {
  return {{"operation", to_string(error.operation)},
          {"object", error.object},
          {"errno", devlock::errno_name(error.error_number)},
          {"class", to_string(error.error_class)},
          {"reason", error.reason},
          {"remedy", error.remedy}};
}
Json json_of(const std::vector<devlock::Error>& errors) {
  Json list = Json::array();
  for (const devlock::Error& error : errors) {
    list.push_back(json_of(error));
  }
  return list;
}
Json json_of(const std::vector<Address>& addresses) {
  Json list = Json::array();
  for (const Address address : addresses) {
    list.push_back(to_string(address));
  }
  return list;
}
Json json_of(const DeviceInfo& info) {
  return {{"address", to_string(info.address)},
          {"driver", info.driver.empty() ? Json() : Json(info.driver)},
          {"iommu_group", info.iommu_group < 0 ? Json() : Json(info.iommu_group)}};
}
Json json_of(const Holder& holder) {
  return {{"pid", holder.pid},
          {"process", holder.process},
          {"descriptor", holder.descriptor},
          {"object", holder.object},
          {"functions", json_of(holder.functions)},
          {"certain", holder.certain}};
}
Json json_of(const Waiter& waiter) {
  return {{"pid", waiter.pid}, {"process", waiter.process}};
}
template <class T>
Json list_of(const std::vector<T>& all) {
  Json list = Json::array();
  for (const T& one : all) {
    list.push_back(json_of(one));
  }
  return list;
}

const char* outcome_of(const Report& report) {
  if (report.abandoned) {
    return "abandoned";
  }
  if (report.tried) {
    return report.error ? "failed" : "reset";
  }
  return report.error || !report.verdict.refusals.empty() ? "refused" : "possible";
}

}  // namespace

void print_json(const Report& report) {
  Json json{{"program", "try_reset"},
            {"device", to_string(report.options.device)},
            {"scope", to_string(report.options.scope)},
            {"dry_run", report.options.dry_run},
            {"outcome", outcome_of(report)},
            {"exit_status", report.exit_status}};
  if (report.plan) {
    json["attribute"] = report.plan->attribute;
    json["affected"] = list_of(report.plan->affected);
    json["holders"] = list_of(report.verdict.holders.all);
    json["refusals"] = json_of(report.verdict.refusals);
    json["overruled"] = json_of(report.verdict.overruled);
    json["notes"] = report.verdict.notes;
  }
  if (report.tried) {
    json["took_ms"] = std::round(report.took.count() * 1e6) / 1e3;
  }
  if (report.abandoned) {
    json["left_behind"] = {{"pid", report.child}, {"text", text_of_abandoned(report)}};
    json["waiters"] = list_of(report.waiters);
  }
  json["error"] = report.error ? json_of(*report.error) : Json();
  // Text from outside may hold bytes that are no UTF-8.
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace try_reset
