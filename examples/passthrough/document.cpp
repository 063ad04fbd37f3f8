// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The report and the list of devices as JSON.
#include <cmath>

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "report.hpp"

namespace passthrough {
namespace {

using Json = nlohmann::ordered_json;

double ms(Clock::duration time) {
  return std::round(std::chrono::duration<double, std::micro>(time).count()) / 1000;  // to the microsecond
}

const char* word(Mark mark) {
  switch (mark) {
    case Mark::ok: return "ok";
    case Mark::expected: return "expected";
    case Mark::skipped: return "skipped";
    case Mark::failed: return "failed";
  }
  return "";
}

Json json_of(const devlock::Error& error) {
  return {{"operation", to_string(error.operation)},
          {"object", error.object},
          {"errno", devlock::errno_name(error.error_number)},
          {"class", to_string(error.error_class)},
          {"reason", error.reason},
          {"remedy", error.remedy}};
}

Json json_of(const Step& step, const Report& report) {
  Json json{{"ms", ms(step.first - report.begin)},
            {"took_ms", ms(step.last - step.first)},
            {"thread", step.thread},
            {"operation", step.operation},
            {"object", step.object.empty() ? to_string(report.device) : step.object},
            {"held", step.held},
            {"answer", step.error ? to_string(step.error->error_class) : "ok"},
            {"mark", word(step.mark)},
            {"count", step.count}};
  if (step.error) {
    json["error"] = json_of(*step.error);
  }
  return json;
}

Json json_of(const Summary& summary) {
  return {{"resets", summary.facts.resets},
          {"busy", summary.facts.busy},
          {"contended", summary.facts.contended},
          {"refused", summary.facts.refused},
          {"kvm", summary.kvm},
          {"unbind_after_close_ms", summary.unbind_after_close_ms},
          {"driver", summary.driver},
          {"driver_override", summary.override}};
}

// Text from outside may hold bytes that are no UTF-8.
void print(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void print_json(const Report& report) {
  Json steps = Json::array();
  for (const Step& step : report.steps) {
    steps.push_back(json_of(step, report));
  }
  print({{"program", "passthrough"},
         {"backend", report.options.backend()},
         {"device", to_string(report.device)},
         {"iommu_group", report.summary.group < 0 ? Json() : Json(report.summary.group)},
         {"threads", report.options.threads},
         {"steps", std::move(steps)},
         {"closing", report.summary.closing},
         {"summary", json_of(report.summary)},
         {"error", report.error ? json_of(*report.error) : Json()},
         {"exit_status", report.exit_status}});
}

void print_json(const std::vector<devlock::DeviceInfo>& devices, const Options& options) {
  Json list = Json::array();
  for (const devlock::DeviceInfo& info : devices) {
    Json bridges = Json::array();
    for (const auto& bridge : info.bridges) {
      bridges.push_back(to_string(bridge));
    }
    list.push_back({{"address", to_string(info.address)},
                    {"id", fmt::format("{:04x}:{:04x}", info.vendor, info.device)},
                    {"class", fmt::format("{:06x}", info.class_code)},
                    {"iommu_group", info.iommu_group < 0 ? Json() : Json(info.iommu_group)},
                    {"driver", info.driver},
                    {"resettable", info.resettable},
                    {"bridge", info.is_bridge},
                    {"below", std::move(bridges)}});
  }
  print({{"program", "passthrough"}, {"backend", options.backend()}, {"devices", std::move(list)}});
}

}  // namespace passthrough
