-- SPDX-License-Identifier: BSD-3-Clause
-- Copyright (c) The Tidegate Authors
--
-- Loads the recipe $RECIPE, sends for $SECONDS_TO_SEND, prints "pktgen SENT RECEIVED" and leaves.
local recipe = os.getenv("RECIPE")
local seconds = tonumber(os.getenv("SECONDS_TO_SEND") or "5")

pktgen.screen("off")
pktgen.load(recipe)
pktgen.clr()
pktgen.delay(1000)
pktgen.start("0")
pktgen.delay(seconds * 1000)
pktgen.stop("0")
pktgen.delay(1000)

local stats = pktgen.portStats("0", "port")[0]
print(string.format("pktgen %d %d", stats.opackets, stats.ipackets))
io.stdout:flush()
pktgen.quit()
