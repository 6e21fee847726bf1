import { privacyOf } from "../../pipelines/mod.ts";
import { Tier } from "../../specs/mod.ts";
import { auditFile } from "../audit_file.ts";
import { shredRun } from "../privacy/shred.ts";
import { prune as pruneBundles, readRetention, type Retention, writeRetention } from "../retention.ts";
import { CommandError, type Handler, usage } from "./command.ts";
import { transparency } from "./log.ts";
import { principalOf, withService } from "./session.ts";

const UNIT_DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 };

async function retentionOf(data: string): Promise<Retention> {
  const found = await readRetention(data);
  if (!found.ok) throw new CommandError(found.error, 2);
  return found.value;
}

/** `forge evidence retain [--tier T --for TIME]` */
export const retain: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (_, data) => {
    const { tier, for: time } = invocation.options;
    const before = await retentionOf(data);
    let after = before;
    if (tier !== undefined || time !== undefined) {
      const days = { ...before.days, [tierNamed(tier)]: daysOf(time, "for") };
      after = { ...before, days };
      const by = (await principalOf(invocation, data)).id;
      await writeRetention(data, after);
      await auditFile(data).append({
        action: "evidence.retain",
        actor: by,
        object: String(tier),
        detail: { days },
      });
    }
    return {
      exit: 0,
      document: after,
      text: [
        ...Tier.options.map((one) =>
          `${one.padEnd(11)}  ${
            after.days[one] === undefined ? "no least time" : `at least ${after.days[one]} days`
          }`
        ),
        ...after.holds.map(({ id, by, at, reason }) => `held  ${id}  by ${by} since ${at}: ${reason}`),
      ].join("\n"),
    };
  });

/** `forge evidence hold ID --reason TEXT`, `--release` */
export const hold: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const [id = ""] = invocation.operands;
    const { reason, release } = invocation.options;
    if (typeof reason !== "string" || reason.trim() === "" || reason.length > 500) {
      throw usage(
        "A hold and its end have a reason",
        'For example --reason "case 12", at most 500 characters',
      );
    }
    if (!/^(?:ev|run)_[0-9a-z]{1,80}$/.test(id)) {
      throw usage("This is no id of a bundle or a run", "See: forge evidence list", { value: id });
    }
    const before = await retentionOf(data);
    const known = before.holds.some((one) => one.id === id);
    if (release === true && !known) {
      throw usage("Nothing is held under this id", "See: forge evidence retain", { value: id });
    }
    const found = id.startsWith("run_")
      ? (await service.evidence({ run: id, limit: 1 })).length > 0
      : await service.manifest(id) !== null;
    if (release !== true && !found) {
      throw usage("There is no bundle of this id", "See: forge evidence list", { value: id });
    }
    const by = (await principalOf(invocation, data)).id;
    const others = before.holds.filter((one) => one.id !== id);
    const at = new Date().toISOString();
    const holds = release === true ? others : [...others, { id, reason, by, at }];
    await writeRetention(data, { ...before, holds });
    const action = release === true ? "evidence.release" : "evidence.hold";
    await auditFile(data).append({ action, actor: by, object: id, detail: { reason } });
    return {
      exit: 0,
      document: { id, held: release !== true, reason, by, at },
      text: `${id}  ${release === true ? "released" : "held"}: ${reason}`,
    };
  });

/** `forge evidence prune --older-than TIME --reason TEXT` */
export const prune: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const { "older-than": older, tier, reason, "dry-run": dry } = invocation.options;
    const days = daysOf(older, "older-than");
    const dryRun = dry === true;
    if (!dryRun && (typeof reason !== "string" || reason.trim() === "" || reason.length > 500)) {
      throw usage(
        "A removal has a reason",
        'It stands in the log: --reason "yearly clearing"; or give --dry-run',
      );
    }
    const by = (await principalOf(invocation, data)).id;
    const done = await pruneBundles({
      data,
      log: await transparency(service),
      olderThanMs: days * 24 * 3_600_000,
      tier: tier === undefined ? null : tierNamed(tier),
      by,
      reason: typeof reason === "string" ? reason : "",
      dryRun,
      now: Date.now(),
    });
    if (!done.ok) throw new CommandError(done.error, 2);
    const removed = done.value.filter((one) => one.removed);
    const shredded: string[] = [];
    for (const run of new Set(removed.map((one) => one.run))) {
      // With its last bundle goes the key of what was kept of a run beside it.
      if ((await service.evidence({ run, limit: 1 })).length > 0) continue;
      const view = await service.view(run);
      const kept = privacyOf(view?.input);
      if (view === null || kept === null) continue;
      const key = await shredRun({
        data,
        env: invocation.io.env,
        log: await transparency(service),
        run,
        status: view.status,
        kid: kept.kid,
        bundles: [],
        by,
        reason: String(reason),
        now: Date.now(),
      });
      // A run that has not ended will leave another bundle, and works with what the key opens until then.
      if (!key.ok && key.error.code === "not-ended") continue;
      if (!key.ok) throw new CommandError(key.error, 2);
      shredded.push(kept.kid);
      await auditFile(data).append({
        action: "personal.shred",
        actor: by,
        object: run,
        detail: { reason, kid: kept.kid, leaf: key.value.leaf },
      });
    }
    for (const { id, leaf, why } of removed) {
      await auditFile(data).append({
        action: "evidence.prune",
        actor: by,
        object: id,
        detail: { reason: why, leaf },
      });
    }
    return {
      exit: 0,
      document: { removed: removed.length, dryRun, bundles: done.value, dataKeysDestroyed: shredded },
      text: [
        ...done.value.map(({ id, removed, why, leaf }) =>
          removed ? `removed  ${id}  leaf ${leaf}` : `kept     ${id}  ${why}`
        ),
        `${removed.length} removed of ${done.value.length} that are older`,
        ...shredded.map((kid) => `destroyed  ${kid}: personal data of its run cannot be read any more`),
      ].join("\n"),
    };
  });

function tierNamed(given: unknown): Tier {
  const tier = Tier.safeParse(given);
  if (tier.success) return tier.data;
  throw usage("--tier is no tier", `One of: ${Tier.options.join(", ")}`, {
    ...(typeof given === "string" ? { value: given } : {}),
  });
}

function daysOf(given: unknown, name: string): number {
  const [, count, unit = ""] = /^(\d{1,5})([dwy])$/.exec(typeof given === "string" ? given : "") ?? [];
  const days = count === undefined ? Number.NaN : Number(count) * (UNIT_DAYS[unit] ?? Number.NaN);
  if (Number.isInteger(days) && days <= 36_500) return days;
  throw usage(`--${name} is no length of time`, `For example --${name} 90d, 26w or 7y`, {
    ...(typeof given === "string" ? { value: given } : {}),
  });
}
