import { type FleetEntry, FleetWindow, Tier } from "../../specs/mod.ts";
import type { FleetDoors } from "../fleet/fleet.ts";
import type { Service } from "../service.ts";
import { countOption } from "./count_option.ts";
import { type Handler, type Invocation, usage } from "./command.ts";
import { modeText, rebuildText, statsText } from "./fleet_text.ts";
import { paint } from "./paint.ts";
import { withService } from "./session.ts";

/** The fleet's doors; every installation has them. */
export function fleetOf(service: Service): FleetDoors {
  if (service.fleet === undefined) throw new Error("This installation keeps no figures of its runs");
  return service.fleet;
}

/** One of the words that an option may have. */
function oneOf<T extends string>(
  invocation: Invocation,
  name: string,
  words: readonly T[],
): T | undefined {
  const given = invocation.options[name];
  if (given === undefined) return undefined;
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw usage(`There is no ${name} '${String(given)}'`, `Give one of: ${words.join(", ")}`, {
    value: String(given),
  });
}

/** `forge fleet stats`. */
export const stats: Handler = (invocation) => {
  const window = oneOf(invocation, "window", FleetWindow.options);
  const tier = oneOf(invocation, "tier", Tier.options);
  return withService(invocation, { workers: false, only: "code" }, async (service) => {
    const windows = window !== undefined
      ? [window]
      : invocation.json
      ? FleetWindow.options
      : ["30d" as const];
    const report = await fleetOf(service).report({
      windows,
      ...(tier === undefined ? {} : { tiers: [tier] }),
    });
    return {
      exit: 0,
      document: report,
      text: statsText(report, paint(invocation.io.outColor === true)),
    };
  });
};

/** `forge fleet mode`. */
export const mode: Handler = (invocation) => {
  const limit = countOption(invocation.options.limit, "limit", 10, 1, 1000);
  return withService(invocation, { workers: false, only: "code" }, async (service) => {
    const fleet = fleetOf(service);
    const report = await fleet.report({ windows: ["30d"], tiers: ["critical"] });
    const log: FleetEntry[] = await fleet.log(limit);
    const fault = await fleet.logFault();
    const { at, mode, cause, why, since, held, freezes } = report;
    const document = { at, mode, cause, why, since, held, freezes, log, logFault: fault };
    return {
      exit: fault === null ? 0 : 1,
      document,
      text: modeText(document, paint(invocation.io.outColor === true)),
    };
  });
};

/** `forge fleet rebuild [--repair]`. */
export const rebuild: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const agreement = await fleetOf(service).rebuild({ repair: invocation.options.repair === true });
    return {
      exit: agreement.agrees || agreement.repaired ? 0 : 1,
      document: agreement,
      text: rebuildText(agreement, paint(invocation.io.outColor === true)),
    };
  });
