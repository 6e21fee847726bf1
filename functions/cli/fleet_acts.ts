import { Autonomy, FreezeWindow, IntentType, type Problem, type Result, Tier } from "../../specs/mod.ts";
import type { FleetAct } from "../fleet/fleet.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { fleetOf } from "./fleet.ts";
import { autonomyText, freezesText } from "./fleet_text.ts";
import { oneLine, paint } from "./paint.ts";
import { principalOf, withService } from "./session.ts";
import type { Service } from "../service.ts";

const NO_REASON = "Say why, for those who read the log: --reason TEXT";

/** Carries something out for all runs; who asks and why is recorded. */
function acting(
  invocation: Invocation,
  act: (service: Service, given: FleetAct) => Promise<Answer>,
): Promise<Answer> {
  const { reason } = invocation.options;
  if (typeof reason !== "string") {
    throw usage("Cannot do that without a reason: --reason TEXT is missing", NO_REASON);
  }
  return withService(invocation, { workers: false, makes: true, only: "code" }, async (service, data) => {
    return await act(service, { reason, by: await principalOf(invocation, data) });
  });
}

/** The value, or the error as the command line tells it: what is in the way exits 1, what was given wrong 2. */
function settled<T>(result: Result<T, Problem>): T {
  if (result.ok) return result.value;
  throw new CommandError(result.error, result.error.code === "conflict" ? 1 : 2);
}

/** `forge fleet safe-mode --enter|--exit --reason TEXT`. */
export const safeMode: Handler = (invocation) => {
  const { enter, exit } = invocation.options;
  if ((enter === true) === (exit === true)) {
    throw usage("Cannot tell what to do: one of --enter and --exit is needed", "See: forge fleet mode");
  }
  return acting(invocation, async (service, given) => {
    const fleet = fleetOf(service);
    if (exit === true) {
      const { resumed } = settled(await fleet.exit(given));
      return {
        exit: 0,
        document: { mode: (await fleet.report({ windows: [], tiers: [] })).mode, resumed },
        text: resumed === 0
          ? "safe-mode is left; no run was held"
          : `safe-mode is left; runs that go on with the next engine (forge serve, or forge workflow resume RUN): ${resumed}`,
      };
    }
    return entered(settled(await fleet.enter({ ...given, cause: "manual" })), "manual");
  });
};

/** `forge fleet stop --reason TEXT`. */
export const stop: Handler = (invocation) =>
  acting(invocation, async (service, given) => {
    return entered(
      settled(await fleetOf(service).enter({ ...given, cause: "emergency-stop" })),
      "emergency-stop",
    );
  });

function entered(isNew: boolean, cause: string): Answer {
  return {
    exit: 0,
    document: { mode: "safe-mode", cause, entered: isNew },
    text: isNew
      ? "safe-mode: every run stands still from its next phase boundary on. Leave it: forge fleet safe-mode --exit --reason TEXT"
      : "the fleet is in safe-mode already",
  };
}

const words = (given: string | boolean | undefined) =>
  typeof given === "string" ? given.split(",").map((word) => word.trim()).filter((word) => word !== "") : [];

/** `forge fleet freeze --from TIME --to TIME --reason TEXT`. */
export const freeze: Handler = (invocation) => {
  const { options } = invocation;
  return acting(invocation, async (service, { reason, by }) => {
    const window = FreezeWindow.safeParse({
      reason,
      ...(typeof options.tz === "string" ? { tz: options.tz } : {}),
      ...(typeof options.from === "string" ? { from: options.from } : {}),
      ...(typeof options.to === "string" ? { to: options.to } : {}),
      ...(typeof options.cron === "string" ? { cron: options.cron } : {}),
      ...(typeof options.until === "string" ? { until: options.until } : {}),
      ...(typeof options.hours === "string" ? { hours: Number(options.hours) } : {}),
      ...(options.deny === true ? { then: "deny" } : {}),
      except: { tiers: words(options["except-tier"]), intents: words(options["except-intent"]) },
    });
    if (!window.success) {
      const [issue] = window.error.issues;
      throw usage(
        `Cannot declare the freeze window: ${issue?.path.join(".") || "it"} ${
          issue?.message ?? "is not one"
        }`,
        `Give --from and --to, or --cron with --until or --hours. Tiers: ${
          Tier.options.join(", ")
        }. Intents: ${IntentType.options.join(", ")}`,
      );
    }
    const declared = settled(await fleetOf(service).freeze({ window: window.data, by }));
    return {
      exit: 0,
      document: declared,
      text: `${declared.id}: declared. Lift it: forge fleet freeze lift ${declared.id} --reason TEXT`,
    };
  });
};

/** `forge fleet freeze list`. */
export const freezes: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { freezes } = await fleetOf(service).report({ windows: [], tiers: [] });
    return {
      exit: 0,
      document: { freezes },
      text: freezesText(freezes, paint(invocation.io.outColor === true)),
    };
  });

/** `forge fleet freeze lift ID --reason TEXT`. */
export const lift: Handler = (invocation) => {
  const [id = ""] = invocation.operands;
  return acting(invocation, async (service, given) => {
    settled(await fleetOf(service).lift({ ...given, id }));
    return { exit: 0, document: { lifted: id }, text: `${oneLine(id)}: lifted` };
  });
};

/** `forge fleet autonomy [--ceiling LEVEL --reason TEXT]`. */
export const autonomy: Handler = (invocation) => {
  const { ceiling } = invocation.options;
  if (typeof ceiling === "string") {
    return acting(invocation, async (service, given) => {
      const changed = settled(await fleetOf(service).ceiling({ ...given, level: ceiling }));
      return {
        exit: 0,
        document: { ceiling: Autonomy.parse(ceiling), changed },
        text: changed ? `no run is granted more than ${ceiling} here` : `the ceiling is ${ceiling} already`,
      };
    });
  }
  return withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { autonomy, mode } = await fleetOf(service).report({ windows: [] });
    return {
      exit: 0,
      document: { mode, autonomy },
      text: autonomyText(autonomy, paint(invocation.io.outColor === true)),
    };
  });
};
