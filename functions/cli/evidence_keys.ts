import { readRing } from "../signing/key_ring.ts";
import { activeKid, revokeKey, rotateKey } from "../signing/rotation.ts";
import { localAttestor, signingFolder } from "../signing_directory.ts";
import { auditFile } from "../audit_file.ts";
import { dataKeys } from "../privacy/data_keys.ts";
import { type Answer, type Handler, type Invocation, usage } from "./command.ts";
import { principalOf } from "./session.ts";
import { withStore } from "./session_store.ts";

const DAY_MS = 24 * 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };

/** `forge evidence keys list` */
export const list: Handler = (invocation) =>
  withStore(invocation, async (store, data) => {
    const attestor = await localAttestor(data, store, { env: invocation.io.env });
    const { keys } = await readRing(signingFolder(data));
    const active = (["evidence", "log"] as const).map((use) => activeKid(attestor, use));
    const document = keys.map((key) => ({ ...key, active: active.includes(key.kid) }));
    return {
      exit: 0,
      document: { keys: document },
      text: document.map(({ kid, use, active, notBefore, notAfter, revoked }) =>
        [
          use.padEnd(8),
          kid,
          active ? "in use" : "",
          notBefore === undefined ? "" : `from ${notBefore}`,
          notAfter === undefined ? "" : `until ${notAfter}`,
          revoked === undefined ? "" : `REVOKED ${revoked.at}: ${revoked.reason} (leaf ${revoked.index})`,
        ].filter((word) => word !== "").join("  ")
      ).join("\n"),
    };
  });

/** `forge evidence keys rotate` */
export const rotate: Handler = (invocation) =>
  withStore(invocation, async (store, data) => {
    const { use = "evidence", overlap = "7d" } = invocation.options;
    if (use === "data") return await rewrapped(invocation, data);
    if (use !== "evidence" && use !== "log") {
      throw usage("--use is evidence, log or data", "For example --use evidence", { value: String(use) });
    }
    const [, count, unit = ""] = /^(\d{1,4})([hdw])$/.exec(String(overlap)) ?? [];
    const overlapMs = count === undefined ? Number.NaN : Number(count) * (UNIT_MS[unit] ?? Number.NaN);
    if (!Number.isFinite(overlapMs)) {
      throw usage("--overlap is no length of time", "For example --overlap 7d, 12h or 0d", {
        value: String(overlap),
      });
    }
    const by = (await principalOf(invocation, data)).id;
    const done = await rotateKey({ data, store, choice: { env: invocation.io.env }, by, use, overlapMs });
    await auditFile(data).append({
      action: "evidence-key.rotate",
      actor: by,
      object: done.before,
      detail: { use, by: done.after.kid, notAfter: done.notAfter, leaf: done.index },
    });
    return {
      exit: 0,
      document: { use, key: done.after, before: done.before, notAfter: done.notAfter, index: done.index },
      text: [
        `${use}  ${done.after.kid}  takes the place of  ${done.before}`,
        `the old one is believed of runs until ${done.notAfter}`,
        "hand out the trust root again: forge evidence keys DIR",
      ].join("\n"),
    };
  });

/** `--use data`: no key of the data changes, but what they are wrapped by. */
async function rewrapped(invocation: Invocation, data: string): Promise<Answer> {
  const by = (await principalOf(invocation, data)).id;
  const { wrappedBy, keys } = await dataKeys(data, invocation.io.env).rewrap();
  await auditFile(data).append({
    action: "data-key.rewrap",
    actor: by,
    object: wrappedBy,
    detail: { keys },
  });
  return {
    exit: 0,
    document: { use: "data", wrappedBy, keys },
    text: `data  ${keys} keys are wrapped by ${wrappedBy} now`,
  };
}

/** `forge evidence keys revoke KID --reason TEXT` */
export const revoke: Handler = (invocation) =>
  withStore(invocation, async (store, data) => {
    const [kid = ""] = invocation.operands;
    const { reason } = invocation.options;
    if (typeof reason !== "string" || reason.trim() === "" || reason.length > 500) {
      throw usage(
        "A revocation has a reason",
        'For example --reason "the machine was lost", at most 500 characters',
      );
    }
    const by = (await principalOf(invocation, data)).id;
    const { record, replacedBy } = await revokeKey({
      data,
      store,
      choice: { env: invocation.io.env },
      by,
      kid,
      reason,
    });
    await auditFile(data).append({
      action: "evidence-key.revoke",
      actor: by,
      object: kid,
      detail: { use: record.use, reason, leaf: record.revoked?.index },
    });
    return {
      exit: 0,
      document: { key: record, replacedBy },
      text: [
        `${record.use}  ${kid}  revoked: ${reason} (leaf ${record.revoked?.index} of the log)`,
        ...(replacedBy === null ? [] : [`${replacedBy}  takes its place`]),
        "what was sealed before stays good, as the log proves it; hand out the trust root again: forge evidence keys DIR",
      ].join("\n"),
    };
  });
