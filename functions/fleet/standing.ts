import type { Store } from "../../kernel/mod.ts";
import { FIRST_STANDING, freezeFault, type Standing } from "../../policies/mod.ts";
import {
  type Actor,
  Autonomy,
  err,
  type FreezeWindow,
  type InstalledFreeze,
  ok,
  type Problem,
  type Result,
  type SafeModeCause,
} from "../../specs/mod.ts";
import { type Entered, logged } from "./log.ts";
import { places } from "./places.ts";
import { asJson } from "./series.ts";

type Keep = Pick<Store, "get" | "getMany" | "list" | "commit">;

export interface Settings {
  /** The operator's ceiling for every run. */
  readonly autonomy: Autonomy;
}

export const FIRST_SETTINGS: Settings = { autonomy: "A4" };
const TRIES = 100;
const MAX_FREEZES = 200;
const MAX_REASON = 1000;

export async function readStanding(store: Keep): Promise<Standing> {
  return (await store.get(places.standing))?.value as unknown as Standing ?? FIRST_STANDING;
}

/** Changes a value and the log together; again when somebody else was first. Null: it stays as it is. */
async function change<T>(
  store: Keep,
  key: readonly string[],
  plan: (before: T | null) => Result<{ after: T; entry: Entered } | null, Problem>,
): Promise<Result<boolean, Problem>> {
  for (let tried = 0; tried < TRIES; tried++) {
    const entry = await store.get(key);
    const planned = plan(entry === null ? null : entry.value as unknown as T);
    if (!planned.ok) return planned;
    if (planned.value === null) return ok(false);
    const log = await logged(store, [planned.value.entry]);
    const outcome = await store.commit({
      checks: [{ key, version: entry?.version ?? null }, ...log.checks ?? []],
      sets: [{ key, value: asJson(planned.value.after) }, ...log.sets ?? []],
    });
    if (outcome.ok) return ok(true);
  }
  throw new Error(`Cannot change the fleet's ${key.at(-1)}: it changed ${TRIES} times meanwhile`);
}

/** The reason that somebody gives, or why it is none. */
function reasonOf(text: string): Result<string, Problem> {
  const reason = text.trim();
  return reason.length >= 3 && reason.length <= MAX_REASON ? ok(reason) : err({
    code: "usage",
    message: `Cannot do that without a reason: it must have 3 to ${MAX_REASON} characters`,
    value: reason.slice(0, 80),
    remedy: "Say why, for those who read the log: --reason TEXT",
  });
}

/** Every run stands still, from its next phase boundary on, until an operator leaves safe-mode. False: it was so already. */
export async function enterSafeMode(
  store: Keep,
  given: { cause: SafeModeCause; reason: string; by: Actor; at: string },
): Promise<Result<boolean, Problem>> {
  const reason = reasonOf(given.reason);
  if (!reason.ok) return reason;
  const { cause, by, at } = given;
  return await change<Standing>(store, places.standing as string[], (before) => {
    const standing = before ?? FIRST_STANDING;
    // An emergency stop says more than what was there before it.
    if (standing.safeMode !== null && !(cause === "emergency-stop" && standing.safeMode.cause !== cause)) {
      return ok(null);
    }
    return ok({
      after: { ...standing, safeMode: { cause, by: by.id, at, reason: reason.value } },
      entry: { what: "safe-mode.entered", at, by: { ...by }, reason: reason.value, detail: { cause } },
    });
  });
}

/** Only a person leaves safe-mode, and says why. */
export async function exitSafeMode(
  store: Keep,
  given: { reason: string; by: Actor; at: string },
): Promise<Result<boolean, Problem>> {
  const { by, at } = given;
  if (by.kind !== "user" && by.kind !== "key") {
    return err({
      code: "usage",
      message: `Cannot leave safe-mode as ${by.kind} '${by.id}': only an operator does`,
      remedy: "A person leaves it: forge fleet safe-mode --exit --reason TEXT",
    });
  }
  const reason = reasonOf(given.reason);
  if (!reason.ok) return reason;
  return await change<Standing>(store, places.standing as string[], (before) => {
    const safeMode = before?.safeMode ?? null;
    if (safeMode === null) {
      return err({
        code: "conflict",
        message: "Cannot leave safe-mode: the fleet is not in it",
        remedy: "See: forge fleet mode",
      });
    }
    return ok({
      after: { safeMode: null, released: { by: by.id, at, reason: reason.value } },
      entry: {
        what: "safe-mode.exited",
        at,
        by: { ...by },
        reason: reason.value,
        detail: { cause: safeMode.cause, since: safeMode.at },
      },
    });
  });
}

export async function readFreezes(store: Keep): Promise<InstalledFreeze[]> {
  return (await store.get(places.freezes))?.value as unknown as InstalledFreeze[] ?? [];
}

/** Declares a freeze window of the installation. */
export async function declareFreeze(
  store: Keep,
  given: { id: string; window: FreezeWindow; by: Actor; at: string },
): Promise<Result<InstalledFreeze, Problem>> {
  const { id, window, by, at } = given;
  const fault = await freezeFault(window);
  if (fault !== null) {
    return err({
      code: "usage",
      message: `Cannot declare the freeze window: ${fault}`,
      remedy: "Give --from and --to as 2026-12-20T18:00 with --tz, or as instants with Z",
    });
  }
  const reason = reasonOf(window.reason);
  if (!reason.ok) return reason;
  const declared: InstalledFreeze = { id, window: { ...window, reason: reason.value }, by: by.id, at };
  const changed = await change<InstalledFreeze[]>(store, places.freezes as string[], (before) => {
    const all = before ?? [];
    if (all.length >= MAX_FREEZES) {
      return err({
        code: "conflict",
        message: `Cannot declare more than ${MAX_FREEZES} freeze windows`,
        remedy: "Lift those that have ended: forge fleet freeze lift ID",
      });
    }
    const { from = "", to = "", tz } = window;
    const entry: Entered = {
      what: "freeze.declared",
      at,
      by: { ...by },
      reason: reason.value,
      detail: { id, tz, from, to },
    };
    return ok({ after: [...all, declared], entry });
  });
  return changed.ok ? ok(declared) : changed;
}

/** Takes a freeze window of the installation away. */
export async function liftFreeze(
  store: Keep,
  given: { id: string; reason: string; by: Actor; at: string },
): Promise<Result<boolean, Problem>> {
  const { id, by, at } = given;
  const reason = reasonOf(given.reason);
  if (!reason.ok) return reason;
  return await change<InstalledFreeze[]>(store, places.freezes as string[], (before) => {
    const found = before?.find((one) => one.id === id);
    if (before === null || found === undefined) {
      return err({
        code: "not-found",
        message: "There is no such freeze window of this installation",
        value: id.slice(0, 80),
        remedy: "See: forge fleet freeze list. Windows of a repository are lifted in its .forge/policy.yaml",
      });
    }
    return ok({
      after: before.filter((one) => one.id !== id),
      entry: {
        what: "freeze.lifted",
        at,
        by: { ...by },
        reason: reason.value,
        detail: { id, declared: found.by },
      },
    });
  });
}

/** Sets what the operator allows at most. */
export async function setCeiling(
  store: Keep,
  given: { level: string; reason: string; by: Actor; at: string },
): Promise<Result<boolean, Problem>> {
  const level = Autonomy.exclude(["A5"]).safeParse(given.level);
  if (!level.success) {
    return err({
      code: "usage",
      message: "Cannot set the ceiling: it must be A0, A1, A2, A3 or A4",
      value: given.level.slice(0, 40),
      remedy: "A5 is never granted to an agent",
    });
  }
  const reason = reasonOf(given.reason);
  if (!reason.ok) return reason;
  const { by, at } = given;
  return await change<Settings>(store, places.settings as string[], (before) => {
    const from = (before ?? FIRST_SETTINGS).autonomy;
    return from === level.data ? ok(null) : ok({
      after: { autonomy: level.data },
      entry: {
        what: "autonomy.ceiling",
        at,
        by: { ...by },
        reason: reason.value,
        detail: { from, to: level.data },
      },
    });
  });
}
