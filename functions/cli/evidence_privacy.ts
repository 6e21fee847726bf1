import type { RunView } from "../../kernel/mod.ts";
import { privacyOf } from "../../pipelines/mod.ts";
import { unmarked } from "../../policies/mod.ts";
import { PersonalHandling, type RunPrivacy } from "../../specs/mod.ts";
import { auditFile } from "../audit_file.ts";
import { reasonOf } from "../evidence_reads.ts";
import { dataKeys } from "../privacy/data_keys.ts";
import { readPrivacySettings, writePrivacySettings } from "../privacy/desk.ts";
import { shredRun } from "../privacy/shred.ts";
import { openedValues, valueVault } from "../privacy/values.ts";
import type { Service } from "../service.ts";
import { CommandError, type Handler, usage } from "./command.ts";
import { transparency } from "./log.ts";
import { pathOf } from "./data_dir.ts";
import { notFound, principalOf, withService } from "./session.ts";

/** `forge evidence privacy [--set MODE]` */
export const privacy: Handler = (invocation) =>
  withService(
    invocation,
    { workers: false, makes: invocation.options.set !== undefined, only: "code" },
    async (_, data) => {
      const { set } = invocation.options;
      const before = await readPrivacySettings(data);
      let after = before;
      if (set !== undefined) {
        const mode = PersonalHandling.safeParse(set);
        if (!mode.success) {
          throw usage(
            "--set is no way to keep personal data",
            `One of: ${PersonalHandling.options.join(", ")}`,
            {
              value: String(set),
            },
          );
        }
        after = { ...before, personalData: mode.data };
        await writePrivacySettings(data, after);
        await auditFile(data).append({
          action: "privacy.set",
          actor: (await principalOf(invocation, data)).id,
          object: "personalData",
          detail: { before: before.personalData, after: after.personalData },
        });
      }
      const keys = await dataKeys(data, invocation.io.env).list();
      return {
        exit: 0,
        document: { ...after, dataKeys: keys.length },
        text: [
          `personal data  ${after.personalData}: what every run does at least; a spec or a pipeline may ask for more (personalData)`,
          `data keys      ${keys.length}`,
        ].join("\n"),
      };
    },
  );

/** `forge evidence reveal RUN --why TEXT [--file PATH]`: told to the audit before anything is opened. */
export const reveal: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const { file, out } = invocation.options;
    const why = reasonOf(invocation.options.why ?? invocation.io.env("FORGE_WHY"));
    if (why === null) {
      throw usage(
        "Personal data is read for a reason",
        'It is audited: --why "request of the person, case 12"',
      );
    }
    const { run, kept } = await runOf(service, invocation.operands[0] ?? "");
    const by = (await principalOf(invocation, data)).id;
    const tell = (outcome: string) =>
      auditFile(data).append({
        action: "personal.read",
        actor: by,
        object: run,
        detail: { why, kid: kept.kid, outcome, ...(typeof file === "string" ? { file } : {}) },
      });
    await tell("asked");
    const keys = dataKeys(data, invocation.io.env);
    const key = await keys.open(kept.kid);
    if (key === null) {
      const grave = await keys.destroyed(kept.kid);
      throw new CommandError({
        code: "data-key-destroyed",
        value: run,
        message:
          `Cannot read personal data of ${run}: its data key was destroyed at ${grave?.at} by ${grave?.by}: ${grave?.reason}`,
        remedy:
          "Nobody can: what the marks stand for is gone. That two are equal can still be told by their digests",
      }, 1);
    }
    if (kept.handling === "redacted") {
      throw new CommandError({
        code: "redacted",
        value: run,
        message: `Cannot read personal data of ${run}: it was redacted, and no value was kept`,
        remedy: "A run with personalData: encrypted keeps them",
      }, 1);
    }
    const values = await openedValues(key, await valueVault(data, keys).sealed(kept.kid));
    if (typeof file !== "string") {
      const list = [...values].map(([mark, value]) => ({ mark, value }));
      return {
        exit: 0,
        document: { run, kid: kept.kid, values: list },
        text: list.map(({ mark, value }) => `${mark}  ${value}`).join("\n"),
      };
    }
    const [bundle] = await service.evidence({ run, limit: 100_000 }).then((all) => all.slice(-1));
    const bytes = bundle === undefined ? null : await service.evidenceFile(bundle.id, file);
    if (bytes === null) {
      throw notFound("file of the run's bundle", file, `See: forge evidence show ${bundle?.id ?? run}`);
    }
    const text = unmarked(new TextDecoder().decode(bytes), values);
    if (typeof out !== "string") return { exit: 0, document: { run, file, text }, text };
    const path = pathOf(invocation.io, out);
    await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
    return { exit: 0, document: { run, file, path }, text: path };
  });

/** `forge evidence shred RUN --reason TEXT` */
export const shred: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const { reason } = invocation.options;
    if (typeof reason !== "string" || reason.trim() === "" || reason.length > 500) {
      throw usage(
        "What is destroyed is destroyed for a reason",
        'It stands in the log: --reason "erasure, case 12"',
      );
    }
    const { run, status, kept, bundles } = await runOf(service, invocation.operands[0] ?? "");
    const by = (await principalOf(invocation, data)).id;
    const done = await shredRun({
      data,
      env: invocation.io.env,
      log: await transparency(service),
      run,
      status,
      kid: kept.kid,
      bundles,
      by,
      reason,
      now: Date.now(),
    });
    if (!done.ok) throw new CommandError(done.error, REFUSED.has(done.error.code) ? 1 : 2);
    const { destroyed, leaf } = done.value;
    await auditFile(data).append({
      action: "personal.shred",
      actor: by,
      object: run,
      detail: { reason, kid: kept.kid, leaf },
    });
    return {
      exit: 0,
      document: { run, ...destroyed, leaf },
      text: [
        `${kept.kid}  destroyed at ${destroyed.at} by ${destroyed.by}: ${destroyed.reason} (leaf ${leaf} of the log)`,
        "bundles, digests and proofs stay as they are; what their marks stand for is gone",
      ].join("\n"),
    };
  });

/** What may be asked for, and is refused as things are. */
const REFUSED: ReadonlySet<string> = new Set(["held", "not-ended"]);

async function runOf(
  service: Service,
  given: string,
): Promise<{ run: string; status: RunView["status"]; kept: RunPrivacy; bundles: string[] }> {
  const run = given.startsWith("ev_") ? (await service.manifest(given))?.manifest.run ?? given : given;
  const view = /^run_[0-9a-z]{1,80}$/.test(run) ? await service.view(run) : null;
  if (view === null) throw notFound("run", given, "See: forge workflow list, forge evidence list");
  const kept = privacyOf(view.input);
  if (kept === null) {
    throw new CommandError({
      code: "no-personal-data",
      value: run,
      message: `Nothing personal was kept apart of ${run}`,
      remedy:
        "Its spec or pipeline asks for it (personalData), or the installation: forge evidence privacy --set encrypted",
    }, 2);
  }
  const bundles = (await service.evidence({ run, limit: 100_000 })).map(({ id }) => id);
  return { run, status: view.status, kept, bundles };
}
