import { join } from "node:path";
import { listCodeRules, listPullRules, listRules } from "../../policies/code/mod.ts";
import {
  capProblem,
  countersignWaiver,
  listDataRules,
  MAX_WAIVER_BYTES,
  type ReadWaiver,
  signWaiver,
  unwaivable,
  WAIVER_CAPS,
  waiverDigest,
} from "../../policies/mod.ts";
import { parseRepoPolicy } from "../../policies/code/mod.ts";
import { WAIVER_FOLDER, type WaiverFile } from "../../pipelines/factory/mod.ts";
import { type ListedWaiver, type RuleVerdict, type Tier, Waiver } from "../../specs/mod.ts";
import { auditFile } from "../audit_file.ts";
import { keyDirectory } from "../key_directory.ts";
import { writeAt } from "../whole_file.ts";
import type { Service } from "../service.ts";
import type { WaivableFinding, WaiverDesk } from "../waiver_desk.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { countOption } from "./count_option.ts";
import { pathOf } from "./data_dir.ts";
import { oneLine } from "./paint.ts";
import { readTextFile } from "./run.ts";
import { documentProblem } from "./run_id.ts";
import { notFound, principalOf, withService } from "./session.ts";
import { instantOption } from "./time_option.ts";

const USES = 5;

const deskOf = (service: Service): WaiverDesk => {
  if (service.waivers === undefined) throw new Error("Cannot read waivers: this host keeps none");
  return service.waivers;
};

const refused = (code: string, message: string, remedy: string) =>
  new CommandError({ code, message, remedy }, 1);

async function signerOf(invocation: Invocation, data: string) {
  const { id: name } = await principalOf(invocation, data);
  const signer = await keyDirectory(data).signer(name);
  if (signer === null) {
    throw usage(`There is no key for the principal '${name}'`, `Make one: forge init --user ${name}`, {
      value: name,
    });
  }
  return { name, signer };
}

/** `forge policy waive [RUN]`: a signed request, which does not count before somebody else has approved it. */
export const request: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service, data) => {
    const { options, io } = invocation;
    const desk = deskOf(service);
    const found = await findingOf(invocation, service, desk);
    const { name, signer } = await signerOf(invocation, data);
    const requestedAt = new Date().toISOString();
    const expiresAt = instantOption(options.expires, "expires", requestedAt);
    if (expiresAt === null) throw usage("--expires is missing", "Say until when, such as --expires 30d");
    const many = (value: string | boolean | undefined) =>
      typeof value === "string" ? value.split(",").map((one) => one.trim()).filter((one) => one !== "") : [];
    const parsed = Waiver.safeParse({
      apiVersion: "delivery.waiver/v1",
      rule: found.rule,
      ...(found.gate === "" ? {} : { gate: found.gate }),
      packRange: options["pack-range"] ?? found.packRange,
      finding: found.finding,
      scope: {
        repo: options.repo ?? found.repo,
        paths: options.path === undefined ? (found.path === null ? [] : [found.path]) : many(options.path),
      },
      reason: options.reason ?? "",
      ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
      requestedBy: name,
      requestedAt,
      approvedBy: many(options.approver),
      expiresAt,
      maxUses: countOption(options.uses, "uses", Math.min(USES, WAIVER_CAPS[found.tier].uses), 1, 1000),
      compensating: many(options.compensating),
      supersedes: many(options.supersedes),
    });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw usage(
        `Cannot request this waiver: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
        "See: forge policy waive --help",
        { path: issue?.path.join(".") ?? "" },
      );
    }
    const waiver = parsed.data;
    const beyond = capProblem(waiver, found.tier);
    if (beyond !== null) throw refused("waiver-cap", `Cannot request this waiver: ${beyond}`, "Ask for less");
    const text = await signWaiver(waiver, signer);
    const digest = await waiverDigest(waiver);
    const out = typeof options.out === "string" ? pathOf(io, options.out) : null;
    if (out !== null) await writeAt(out, text, 0o644);
    const path = out ?? await desk.directory.put(digest, text);
    await auditFile(data).append({
      action: "waiver.request",
      actor: name,
      object: digest,
      detail: { rule: waiver.rule, finding: waiver.finding, expiresAt, path },
    });
    return {
      exit: 0,
      document: { digest, state: "requested", path, waiver },
      text: [
        `requested ${digest}`,
        `  ${waiver.rule}  ${waiver.finding}  in ${waiver.scope.repo}  ${waiver.scope.paths.join(", ")}`,
        `  until ${expiresAt}, ${waiver.maxUses} runs`,
        `  ${path}`,
        `  it does not count before another principal approves: forge policy waive approve ${
          out ?? digest
        } --as NAME`,
      ].join("\n"),
    };
  });

/** The finding that is meant: the only one of the run that fits, or what the options spell out. */
async function findingOf(
  { operands, options }: Invocation,
  service: Service,
  desk: WaiverDesk,
): Promise<WaivableFinding> {
  const [run] = operands;
  const { rule, finding } = options;
  const isTier = (text: unknown): text is Tier =>
    typeof text === "string" && Object.hasOwn(WAIVER_CAPS, text);
  if (options.tier !== undefined && !isTier(options.tier)) {
    throw usage(`There is no tier '${options.tier}'`, `One of: ${Object.keys(WAIVER_CAPS).join(", ")}`);
  }
  const tier = isTier(options.tier) ? options.tier : null;
  if (run === undefined) {
    if (typeof rule !== "string" || typeof finding !== "string") {
      throw usage("It was not said what to waive", "Give a RUN, or --rule and --finding");
    }
    const known = [...listRules(), ...listCodeRules(), ...listDataRules(), ...listPullRules()].find((one) =>
      one.rule === rule
    );
    const why = unwaivable({ rule, layer: (known?.layer ?? "L2") as RuleVerdict["layer"] });
    if (why !== null) throw refused("not-waivable", `${rule} cannot be waived: ${why}`, "Mend what it found");
    return {
      rule,
      gate: "",
      layer: known?.layer ?? "",
      message: "",
      path: null,
      finding,
      why: null,
      repo: "",
      packRange: `^${known?.version ?? "1"}`,
      tier: tier ?? "standard",
    };
  }
  if (documentProblem(run) || !(await service.view(run))) {
    throw notFound("run", run, "See: forge workflow list");
  }
  const all = await desk.findings(run);
  const fitting = all.filter((one) =>
    (typeof rule !== "string" || one.rule === rule) &&
    (typeof finding !== "string" || one.finding === finding ||
      (finding.length >= 15 && one.finding.startsWith(finding)))
  );
  const [only, ...others] = fitting;
  if (only === undefined) {
    throw usage(
      all.length === 0
        ? `Nothing that could be waived holds ${run} up`
        : "None of the findings that hold the run up is meant",
      all.length === 0
        ? `See: forge policy explain ${run}`
        : `Give --finding, one of: ${
          all.map((one) => `${one.finding} (${one.rule})`).slice(0, 20).join(", ")
        }`,
    );
  }
  if (others.length > 0) {
    throw usage(
      `${fitting.length} findings hold the run up, and each needs a waiver of its own`,
      `Give --finding, one of: ${
        fitting.slice(0, 20).map((one) => `${one.finding} (${one.rule}${one.path ? ` ${one.path}` : ""})`)
          .join(", ")
      }`,
    );
  }
  if (only.why !== null) {
    throw refused("not-waivable", `${only.rule} cannot be waived: ${only.why}`, "Mend what it found");
  }
  return { ...only, tier: tier ?? only.tier };
}

/** `forge policy waive approve FILE|DIGEST`: the second signature. */
export const approve: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const [given = ""] = invocation.operands;
    const { options, io } = invocation;
    const desk = deskOf(service);
    const file = await waiverIn(invocation, desk, given);
    const before = await desk.read({ source: file.path, text: file.text });
    if (before.waiver === null || (before.problem !== null && !before.requested)) {
      throw refused(
        "waiver-refused",
        `Cannot approve this waiver: ${before.problem}`,
        "Have it requested again: forge policy waive",
      );
    }
    const { name, signer } = await signerOf(invocation, data);
    const own = (await keyDirectory(data).list()).filter((one) => one.keyId === signer.keyId);
    if (name === before.waiver.requestedBy || own.some((one) => one.name === before.waiver?.requestedBy)) {
      throw refused(
        "self-approved",
        `${name} has requested this waiver, and nobody approves what he asks for himself`,
        "Let another principal sign: --as NAME",
      );
    }
    const text = await countersignWaiver(file.text, signer);
    if (text === null) throw new Error("a waiver that was read cannot be signed");
    const after = await desk.read({ source: file.path, text });
    if (after.problem !== null && !after.requested) {
      throw refused(
        "waiver-refused",
        `Cannot approve this waiver: ${after.problem}`,
        "See: forge policy waive --help",
      );
    }
    const path = typeof options.out === "string" ? pathOf(io, options.out) : file.path;
    await writeAt(path, text, 0o600);
    await auditFile(data).append({
      action: "waiver.approve",
      actor: name,
      object: after.digest,
      detail: { rule: before.waiver.rule, requestedBy: before.waiver.requestedBy, path },
    });
    return {
      exit: 0,
      document: {
        digest: after.digest,
        state: after.problem === null ? "active" : "requested",
        why: after.problem,
        approvedBy: after.approvedBy,
        path,
        waiver: after.waiver,
      },
      text: [
        `${after.problem === null ? "approved" : "signed"} ${after.digest} as ${name}`,
        ...summary(after),
        `  ${path}`,
        ...(after.problem === null ? [] : [`  not active yet: ${after.problem}`]),
      ].join("\n"),
    };
  });

function summary({ waiver }: Pick<ReadWaiver, "waiver">): string[] {
  if (waiver === null) return [];
  return [
    `  ${waiver.rule}  ${waiver.finding}  in ${oneLine(waiver.scope.repo)}  ${
      oneLine(waiver.scope.paths.join(", "), 200)
    }`,
    `  ${oneLine(waiver.reason, 300)}`,
    `  requested by ${oneLine(waiver.requestedBy)}, until ${waiver.expiresAt}, ${waiver.maxUses} runs`,
  ];
}

/** A waiver's text by its path, or by its digest (the first 12 digits are enough) from the data directory. */
async function waiverIn({ io }: Invocation, desk: WaiverDesk, given: string) {
  const hex = /^(?:sha256:)?([0-9a-f]{12,64})$/.exec(given)?.[1];
  if (hex !== undefined) {
    const found = (await desk.directory.installed()).filter(({ source }) => source.includes(`/${hex}`));
    const [one, ...more] = found;
    if (one && more.length === 0) {
      const digest = /([0-9a-f]{64})\.json$/.exec(one.source)?.[1] ?? "";
      return { text: one.text, path: desk.directory.pathOf(`sha256:${digest}`), digest: `sha256:${digest}` };
    }
    throw notFound("waiver", given, "See: forge policy waivers");
  }
  const path = pathOf(io, given);
  return { text: await readTextFile(path, "waiver", MAX_WAIVER_BYTES), path, digest: null };
}

/** `forge policy waive withdraw DIGEST` */
export const withdraw: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const [given = ""] = invocation.operands;
    const desk = deskOf(service);
    const { digest } = await waiverIn(invocation, desk, given);
    if (digest === null || !(await desk.directory.remove(digest))) {
      throw notFound("waiver", given, "See: forge policy waivers");
    }
    const { id: actor } = await principalOf(invocation, data);
    await auditFile(data).append({ action: "waiver.withdraw", actor, object: digest, detail: {} });
    return { exit: 0, document: { withdrawn: digest }, text: `withdrawn ${digest}` };
  });

/** `forge policy waivers` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { repo } = invocation.options;
    const dir = typeof repo === "string" ? pathOf(invocation.io, repo) : null;
    const files = dir === null ? [] : await filesIn(dir);
    const policy = dir === null
      ? null
      : await Deno.readTextFile(join(dir, ".forge/policy.yaml")).catch(() => null);
    const own = await parseRepoPolicy(policy);
    const waivers = await deskOf(service).list(files, own.ok ? own.value.approvers : []);
    return {
      exit: 0,
      document: { waivers, caps: WAIVER_CAPS },
      text: waivers.length === 0 ? "no waivers" : waivers.map(listedText).join("\n"),
    };
  });

async function filesIn(dir: string): Promise<WaiverFile[]> {
  const files: WaiverFile[] = [];
  const folder = join(dir, WAIVER_FOLDER);
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !name.endsWith(".json")) continue;
      files.push({ source: `${WAIVER_FOLDER}${name}`, text: await Deno.readTextFile(join(folder, name)) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort((a, z) => a.source < z.source ? -1 : 1);
}

function listedText(one: ListedWaiver): string {
  const { waiver } = one;
  const notes = [
    one.why,
    one.state === "expiring" ? "it ends within 14 days" : null,
    one.unused && (one.state === "active" || one.state === "expiring") ? "no run has used it" : null,
  ].filter((note) => note !== null);
  return [
    `${one.state.padEnd(9)}  ${one.digest}  ${waiver?.rule ?? "?"}  ${one.uses} of ${
      waiver?.maxUses ?? "?"
    } uses  ${oneLine(one.source, 200)}`,
    ...summary(one),
    ...(one.approvedBy.length === 0 ? [] : [`  approved by ${oneLine(one.approvedBy.join(", "), 200)}`]),
    ...notes.map((note) => `  note: ${oneLine(note, 300)}`),
  ].join("\n");
}
