# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# fmt as headers, so that the tool can be linked statically, for a rescue system or an initramfs.

set(needed devlock::linux CLI11::CLI11 fmt::fmt-header-only nlohmann_json::nlohmann_json)
