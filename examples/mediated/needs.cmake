# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors

set(needed devlock::sim CLI11::CLI11 fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)
