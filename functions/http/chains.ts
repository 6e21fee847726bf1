/** Chains over HTTP: check, begin, list, show, go on with. */
import { type Chain, err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { ChainCheck, ChainDocument, chainOf, readChain } from "../../specs/code/mod.ts";
import {
  ChainAction,
  ChainActionResult,
  ChainPage,
  CreateChain,
  RunListQuery,
} from "../../specs/code/mod.ts";
import { type ChainDesk, type ChainPlace, requestPlace } from "../chains/mod.ts";
import { callerIn } from "./access.ts";
import { BODY_TROUBLES } from "./body.ts";
import type { Door, DoorContext } from "./door.ts";
import { json } from "./json.ts";
import { problem, PROBLEMS, refusalCode, type Trouble } from "./problem.ts";
import { allowedRepository } from "./repository.ts";
import { route, type RouteSpec } from "./route.ts";
import { actorOf, idempotencyKeyOf, MISMATCH, readJson, runIdOf } from "./runs.ts";
import { validate } from "./validate.ts";

const MISSING_CHAIN: Trouble = {
  code: "not-found",
  detail: "There is no chain with this id.",
  remedy: "GET /v1/chains lists them.",
};
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** None on a host that begins none. */
export function chainRoutes(door: Door): RouteSpec[] {
  const { chains } = door.service;
  if (chains === undefined) return [];
  return [
    route({
      method: "POST",
      path: "/v1/chains",
      summary: "Begin a chain of runs of code and of data",
      scope: "run",
      headers: { "Idempotency-Key": "the same key with the same body gives the same chain" },
      body: { "application/json": CreateChain },
      answers: {
        202: {
          description: "Accepted, durably",
          contract: ChainDocument,
          headers: { Location: "the chain", "Idempotency-Replayed": "true when it was there already" },
        },
      },
      troubles: [
        ...BODY_TROUBLES,
        "invalid-chain",
        "unknown-chain",
        "repo-refused",
        "repo-not-found",
        "base-not-found",
        "idempotency-mismatch",
        "refused",
        "sandbox-unavailable",
      ],
      handle: (c) => beginChain(c, door, chains),
    }),
    route({
      method: "POST",
      path: "/v1/chains/check",
      summary: "Whether a chain holds together: its ports and a picture; nothing is begun",
      scope: "read",
      body: { "application/json": CreateChain },
      answers: { 200: { description: "What was found", contract: ChainCheck } },
      troubles: [...BODY_TROUBLES, "unknown-chain", "repo-refused"],
      handle: async (c) => {
        const asked = await askedFor(c, door, chains);
        if (!asked.ok) return problem(asked.error);
        try {
          if ("problems" in asked.value) return json(unreadable(asked.value.problems));
          const { chain, place, repo } = asked.value;
          return json(await chains.check({ chain, place, repo }));
        } finally {
          await asked.value.close();
        }
      },
    }),
    route({
      method: "GET",
      path: "/v1/chains",
      summary: "List chains that were begun, newest first, and those that a spec may name",
      scope: "read",
      query: RunListQuery,
      answers: { 200: { description: "A page of chains", contract: ChainPage } },
      troubles: ["invalid-request"],
      handle: async (_, query) => json({ ...await chains.list(query), known: await chains.known() }),
    }),
    route({
      method: "GET",
      path: "/v1/chains/:id",
      summary: "Show a chain: its stages, their runs, what they took and gave",
      scope: "read",
      answers: { 200: { description: "The same as of `forge chain show --json`", contract: ChainDocument } },
      troubles: ["not-found"],
      handle: async (c) => {
        const id = runIdOf(c);
        const document = id === null ? null : await chains.show(id);
        return document === null ? problem(MISSING_CHAIN) : json(document);
      },
    }),
    route({
      method: "POST",
      path: "/v1/chains/:id/actions",
      summary: "Cancel a chain with the runs of its stages, or go on with what is not completed",
      scope: "run",
      body: { "application/json": ChainAction },
      answers: { 200: { description: "Done, durably", contract: ChainActionResult } },
      troubles: [...BODY_TROUBLES, "not-found", "conflict"],
      handle: async (c) => {
        const id = runIdOf(c);
        if (id === null || await chains.show(id) === null) return problem(MISSING_CHAIN);
        const body = await readJson(c, door);
        if (!body.ok) return problem(body.error);
        const asked = validate(ChainAction, body.value, "body");
        if (!asked.ok) return problem(asked.error);
        const { action, why } = asked.value;
        const outcome = await chains[action](id, actorOf(callerIn(c)), why);
        if (!outcome.ok) {
          const code = outcome.code === "invalid" ? "invalid-request" : outcome.code;
          return problem({ code, detail: outcome.message, remedy: outcome.remedy });
        }
        return json({ run: id, document: await chains.show(id) });
      },
    }),
  ];
}

interface Asked {
  readonly chain: Chain;
  readonly place: ChainPlace;
  readonly repo?: string;
  readonly body: CreateChain;
  close(): Promise<void>;
}

/** The chain of a request, with its repositories as the door lets them through; or what is wrong with its form. */
async function askedFor(
  c: DoorContext,
  door: Door,
  chains: ChainDesk,
): Promise<Result<Asked | { problems: Problem[]; close(): Promise<void> }, Trouble>> {
  const read = await readJson(c, door);
  if (!read.ok) return read;
  const valid = validate(CreateChain, read.value, "body");
  if (!valid.ok) return valid;
  const body = valid.value;
  const allow = (repo: string) =>
    allowedRepository(
      repo,
      door.root,
      door.disk,
      door.allow === undefined ? {} : { allow: door.allow },
    );
  const repo = body.repo === undefined ? null : await allow(body.repo);
  if (repo !== null && !repo.ok) return repo;
  const close = () => Promise.resolve();
  const own = repo === null ? {} : { repo: repo.value };
  if (typeof body.chain === "string" && NAME.test(body.chain)) {
    const found = await chains.find(body.chain, repo === null ? null : { repo: repo.value });
    if (found === null) {
      const names = await chains.names(repo === null ? null : { repo: repo.value });
      return err({
        code: "unknown-chain",
        detail: "There is no chain of this name.",
        remedy: names.length === 0 ? "Send the chain itself." : `Chains here: ${names.join(", ")}.`,
      });
    }
    return found.ok
      ? ok({ ...found.value, ...own, body })
      : ok({ problems: found.error.causes ?? [found.error], close });
  }
  const parsed = typeof body.chain === "string" ? await readChain(body.chain) : chainOf(body.chain);
  if (!parsed.ok) return ok({ problems: parsed.error, close });
  const repositories = new Map<string, string>();
  for (const { repo: named } of parsed.value.stages) {
    if (named === undefined) continue;
    const allowed = await allow(named);
    if (!allowed.ok) return allowed;
    repositories.set(named, allowed.value);
  }
  return ok({
    chain: parsed.value,
    place: requestPlace(body.files ?? {}, repositories),
    ...own,
    body,
    close,
  });
}

async function beginChain(c: DoorContext, door: Door, chains: ChainDesk): Promise<Response> {
  const given = idempotencyKeyOf(c);
  if (!given.ok) return problem(given.error);
  const key = given.value ?? undefined;
  const asked = await askedFor(c, door, chains);
  if (!asked.ok) return problem(asked.error);
  try {
    if ("problems" in asked.value) return problem(chainTrouble("invalid-chain", asked.value.problems));
    const { chain, place, repo, body } = asked.value;
    const caller = callerIn(c);
    const print = await door.replays.fingerprint([
      "chain",
      chain,
      body.files ?? {},
      repo ?? null,
      body.id ?? null,
    ]);
    if (key !== undefined && !await door.replays.fits(caller.principal.name, key, print)) {
      return problem(MISMATCH);
    }
    const id = body.id ?? key;
    const begun = await chains.run(
      { chain, place, repo, ...(id === undefined ? {} : { id }) },
      actorOf(caller),
    );
    if (!begun.ok) return problem(refusal(begun.error));
    const { run, existed } = begun.value;
    if (key !== undefined) {
      await door.replays.remember(caller.principal.name, key, print);
      if (!await door.replays.fits(caller.principal.name, key, print)) return problem(MISMATCH);
    }
    const document = await chains.show(run);
    if (document === null) throw new Error(`chain ${run} was accepted, but is not there`);
    const headers: Record<string, string> = { location: `/v1/chains/${run}` };
    return json(document, 202, existed ? { ...headers, "idempotency-replayed": "true" } : headers);
  } finally {
    await asked.value.close();
  }
}

function refusal(found: Problem): Trouble {
  const code = refusalCode(found.code);
  if (PROBLEMS[code].status >= 500 && code !== "sandbox-unavailable") {
    return { code, detail: "The chain was not accepted." };
  }
  if (found.causes !== undefined) return chainTrouble(code, found.causes);
  return {
    code,
    detail: found.message.slice(0, 1000),
    ...(found.remedy === undefined ? {} : { remedy: found.remedy }),
  };
}

function chainTrouble(code: Trouble["code"], problems: readonly Problem[]): Trouble {
  const [first] = problems;
  return {
    code,
    detail: `The chain cannot be run: ${first?.message ?? "no reason was given"}`.slice(0, 500),
    ...(first?.remedy === undefined ? {} : { remedy: first.remedy }),
    errors: problems.slice(0, 20).map(({ path, message, remedy }) => ({
      path: path ? `chain.${path}`.slice(0, 300) : "chain",
      message: (remedy === undefined ? message : `${message} (${remedy})`).slice(0, 500),
    })),
  };
}

const unreadable = (problems: readonly Problem[]): ChainCheck => ({
  valid: false,
  chain: null,
  digest: null,
  stages: [],
  picture: "",
  errors: problems.map(({ path, message, remedy }) => ({
    path: path ?? "",
    message,
    ...(remedy === undefined ? {} : { remedy }),
  })),
  notes: [],
});
