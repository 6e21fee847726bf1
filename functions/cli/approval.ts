import { approvalStatement, signApproval } from "../../policies/mod.ts";
import {
  ApprovalQuestion,
  ApprovalRequest,
  err,
  type EscalationPacket,
  ok,
  type Result,
} from "../../specs/mod.ts";
import type { ApprovalDesk } from "../approval_desk.ts";
import { keyDirectory } from "../key_directory.ts";
import { writeAt } from "../whole_file.ts";
import type { Service } from "../service.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { countOption } from "./count_option.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { oneLine } from "./paint.ts";
import { readTextFile } from "./run.ts";
import { documentProblem } from "./run_id.ts";
import { notFound, principalOf, withService } from "./session.ts";
import { instantOption } from "./time_option.ts";
import { answer as answerRun } from "./workflow_act.ts";

const MAX_FILE = 1024 * 1024;

const deskOf = (service: Service): ApprovalDesk => {
  if (service.approvals === undefined) {
    throw new Error("Cannot read questions: this host has no desk for them");
  }
  return service.approvals;
};

/** `forge approval list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const { run, cursor, limit } = invocation.options;
    const desk = deskOf(service);
    if (typeof run === "string" && (documentProblem(run) || !(await service.view(run)))) {
      throw notFound("run", run, "See: forge workflow list");
    }
    if (typeof cursor === "string" && documentProblem(cursor)) {
      throw usage("--cursor is not the cursor of an earlier page", "Take it from the end of that page", {
        value: cursor,
      });
    }
    const page = typeof run === "string"
      ? { approvals: await desk.ofRun(run), cursor: null }
      : await desk.list({
        limit: countOption(limit, "limit", 20, 1, 200),
        ...(typeof cursor === "string" ? { cursor } : {}),
      });
    const rows = page.approvals.map((one) =>
      [
        one.id,
        one.state === "answered" ? `${one.answer?.choice ?? ""} by ${one.answer?.by ?? ""}` : one.state,
        one.family,
        one.transition === null ? "" : `${one.transition.from} -> ${one.transition.to}`,
        [...new Set(one.gates.map(({ rule }) => rule))].join(","),
        oneLine(one.title, 80),
      ].join("  ")
    );
    if (page.cursor) rows.push(`more: forge approval list --cursor ${page.cursor}`);
    return {
      exit: 0,
      document: page,
      text: rows.length > 0 ? rows.join("\n") : "nothing waits for an answer",
    };
  });

/** `forge approval show ID`; of a run, its newest question. */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const [id = ""] = invocation.operands;
    const found = await requestOf(service, id);
    return { exit: 0, document: found, text: requestText(found) };
  });

/** The question of an id, or the newest one of a run. */
async function requestOf(service: Service, id: string): Promise<ApprovalRequest> {
  const desk = deskOf(service);
  const found = documentProblem(id) ? await desk.show(id) : (await desk.ofRun(id))[0] ?? null;
  if (found === null) throw notFound("question", id, "See: forge approval list");
  return found;
}

function requestText(one: ApprovalRequest): string {
  const place = (gate: ApprovalRequest["gates"][number]) =>
    gate.path === undefined ? "" : ` ${oneLine(gate.path)}${gate.line === undefined ? "" : `:${gate.line}`}`;
  const { answer } = one;
  return [
    `${one.state.toUpperCase()}  ${one.id}  ${oneLine(one.title)}`,
    `  ${oneLine(one.question, 500)}`,
    `  run ${one.run}  tier ${one.tier ?? "?"}  asked by ${
      oneLine(one.requester ?? "?")
    }  since ${one.openedAt}`,
    ...(one.subject === null ? [] : [`  ${one.family === "data" ? "staged data" : "patch"} ${one.subject}`]),
    ...(one.gates.length === 0
      ? one.reason.split("\n").map((line) => `  ${oneLine(line, 500)}`)
      : one.gates.flatMap((gate) => [
        `  ${gate.layer} ${gate.rule} (${gate.gate})${place(gate)}`,
        `      ${oneLine(gate.message, 500)}`,
      ])),
    ...packetLines(one.packet ?? null),
    `  shown ${one.shown}`,
    ...(answer === null
      ? one.state !== "open" ? [] : [
        `  may approve: ${
          one.mayApprove.length === 0
            ? "nobody that is known here; see forge approval show --help"
            : one.mayApprove.map(({ name, as }) => as === "self-approved" ? `${name} (self-approved)` : name)
              .join(", ")
        }`,
        ...(one.packet ? [] : [`  answer: forge approval answer ${one.id} --approve | --reject`]),
      ]
      : [
        `  ${answer.choice} by ${oneLine(answer.by)} at ${answer.at}${
          answer.selfApproved ? " (self-approved: no human review)" : ""
        }${answer.comment === "" ? "" : `: ${oneLine(answer.comment, 500)}`}`,
        answer.verified
          ? `  signed by ${answer.keyId}, envelope ${answer.envelope}`
          : `  the signature does not count: ${oneLine(answer.why ?? "", 300)}`,
      ]),
  ].join("\n");
}

/** What was tried, what it may be, and how to answer. */
function packetLines(packet: EscalationPacket | null): string[] {
  if (packet === null) return [];
  const { attempts, hypothesis, options } = packet;
  return [
    ...(attempts.length === 0 ? [] : ["  tried:"]),
    ...attempts.slice(-10).map(({ round, strategy, model, verdict, gates, tests, failures }) =>
      `    ${round}. ${strategy}${model === null ? "" : ` (${oneLine(model)})`}: ${verdict}${
        gates.length === 0 ? "" : ` by ${gates.slice(0, 5).join(", ")}`
      }${tests.length === 0 ? "" : `; failing: ${oneLine(tests.slice(0, 3).join(", "), 300)}`}${
        failures.length === 0 ? "" : `; ${oneLine(failures.at(-1) ?? "", 300)}`
      }`
    ),
    ...(hypothesis === null ? [] : [
      `  it may be (${hypothesis.confidence}): ${oneLine(hypothesis.text, 500)}`,
      `    as in ${hypothesis.evidence.slice(0, 5).map(({ run }) => run).join(", ")}`,
    ]),
    "  answers:",
    ...options.flatMap(({ does, command }) => [`    ${command}`, `      ${does}`]),
  ];
}

/** `forge approval answer ID`: the same as `forge workflow answer` of its run, for this very question. */
export const answer: Handler = async (invocation) => {
  const [id = ""] = invocation.operands;
  const { options } = invocation;
  const open = await withService(invocation, { workers: false }, async (service) => {
    const one = await requestOf(service, id);
    if (one.state !== "open") {
      throw new CommandError({
        code: "conflict",
        message: `The question ${one.id} is ${one.state}`,
        remedy: `See: forge approval show ${one.id}`,
      }, 1);
    }
    return one;
  });
  const { reason, ...rest } = options;
  return await answerRun({
    ...invocation,
    operands: [open.run],
    options: {
      ...rest,
      ...(typeof reason === "string" ? { comment: reason } : {}),
      question: open.id,
    },
  });
};

/** `forge approval sign ID|FILE`: a signed answer that is not given yet. */
export const sign: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const { options, io } = invocation;
  const decision = decisionOf(options);
  const comment = typeof options.reason === "string" ? options.reason : "";
  const now = new Date().toISOString();
  const expiresAt = instantOption(options.expires, "expires", now);
  const data = dataDirectory(invocation);
  const approver = (await principalOf(invocation, data)).id;
  const how = { decision, comment, ...(expiresAt === null ? {} : { expiresAt }) };
  const text = /^(?:apr|run)_/.test(given)
    ? await withService(invocation, { workers: false, only: "code" }, async (service) => {
      const { id } = await requestOf(service, given);
      return taken(await deskOf(service).sign(id, { approver, ...how }));
    })
    : await signFile(await questionIn(invocation, given), { data, approver, at: now, ...how });
  const out = typeof options.out === "string" ? pathOf(io, options.out) : null;
  if (out !== null) await writeAt(out, text, 0o644);
  return {
    exit: 0,
    document: { approver, decision, envelope: JSON.parse(text), path: out },
    text: out === null ? text : `signed as ${approver}: ${out}`,
  };
};

function decisionOf(options: Invocation["options"]): "approve" | "reject" {
  if ((options.approve === true) === (options.reject === true)) {
    throw usage("Nothing or too much was chosen", "Give one of --approve and --reject");
  }
  return options.approve === true ? "approve" : "reject";
}

/** The question in a file that another machine printed; it is shown again before it is signed. */
async function questionIn({ io }: Invocation, given: string): Promise<ApprovalQuestion> {
  const path = pathOf(io, given);
  const read = parse(await readTextFile(path, "question", MAX_FILE));
  const whole = read.ok ? ApprovalRequest.safeParse(read.value) : null;
  if (!whole?.success) {
    throw usage(
      "This is no question",
      "Give the JSON of GET /v1/approvals/ID, or of forge approval show ID --json",
      {
        value: path,
      },
    );
  }
  io.err(`${requestText(whole.data)}\n`);
  return ApprovalQuestion.parse(
    Object.fromEntries(Object.keys(ApprovalQuestion.shape).map((key) => [key, Reflect.get(whole.data, key)])),
  );
}

function parse(text: string): Result<unknown, null> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return err(null);
  }
}

async function signFile(
  question: ApprovalQuestion,
  given: {
    data: string;
    approver: string;
    decision: "approve" | "reject";
    comment: string;
    at: string;
    expiresAt?: string;
  },
): Promise<string> {
  const { data, approver, decision, comment, at, expiresAt } = given;
  const signer = await keyDirectory(data).signer(approver);
  if (signer === null) {
    throw usage(
      `There is no key for the principal '${approver}'`,
      `Make one: forge init --user ${approver}`,
      { value: approver },
    );
  }
  const statement = await approvalStatement({
    question,
    approver,
    decision,
    comment,
    at,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  return await signApproval(statement, signer);
}

function taken<T>(result: Result<T, { code: string; message: string; remedy?: string }>): T {
  if (result.ok) return result.value;
  throw new CommandError(result.error, result.error.code === "not-found" ? 1 : 2);
}
