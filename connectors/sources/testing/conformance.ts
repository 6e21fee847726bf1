/**
 * What every source that asks over HTTP must hold, as one suite: pages and resuming, each class of failure, hostile answers, aborts,
 * secrets. A source's test names a subject and calls `sourceConformance(subject)`; the suite registers its tests with exact counts of
 * requests, on a loopback server and a clock that leaps.
 *
 *     sourceConformance({
 *       name: "gitlab issues",
 *       source: gitlabSource,
 *       request: { resource: "issues", params: { project: "a/b" } },
 *       answer: (seen) => gitlabDialect(seen, issues),   // healthy: four pages or more, the same answer to the same request
 *       golden: issues.map(rowOf),
 *       loop: (_seen, answer) => withLink(answer, currentUrl),
 *     });
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ConnectorSettings, Row } from "../../../specs/foundry/mod.ts";
import { DataFailure, type DataFailureKind, type ReadRequest, type Source } from "../../data/port.ts";
import {
  type Answer,
  type Answering,
  type DialectServer,
  dialectServer,
  type Fault,
  type Seen,
} from "./dialect_server.ts";
import { type LeapingClock, leapingClock } from "./leaping_clock.ts";
import {
  type ContextOptions,
  readAll,
  type ReadOutcome,
  readRequest,
  sourceContext,
  throughJson,
} from "./source_context.ts";

/** How a status ends a read: the class of its failure, or the status of an end that is none. */
export type Ending = DataFailureKind | "complete" | "skipped" | "incomplete";

export interface SourceSubject {
  /** In the names of the tests. */
  readonly name: string;
  readonly source: () => Source;
  readonly request: Partial<ReadRequest> & { resource: string };
  readonly settings?: ConnectorSettings;
  /** A healthy server: at least four pages with rows, the same answer to the same request. `server` tells its URL. */
  readonly answer: (seen: Seen, server: DialectServer) => Answer | Promise<Answer>;
  /** All rows of a full read, in order. */
  readonly golden: readonly Row[];
  /** Whether a request is for a page of the stream and not for something around it (who am I, one token more); all are unless told. */
  readonly isPage?: (seen: Seen) => boolean;
  /** The healthy answer, changed so that it leads to itself again. Absent where a server cannot do that. */
  readonly loop?: (seen: Seen, answer: Answer) => Answer;
  /** The healthy answer, changed so that its continuation is this URL of another host. Absent where a server names no URLs. */
  readonly lead?: (answer: Answer, url: string) => Answer;
  /** A page with rows that leads on, another one each time. Absent where pages cannot go on for ever. */
  readonly endless?: (seen: Seen) => Answer;
  /** Where a status ends differently than by the common table; null: the source's own tests say how. */
  readonly statuses?: Readonly<Record<number, Ending | null>>;
  /** Given as `env:TOKEN` to the settings' auth; bearer unless the settings have one. */
  readonly auth?: ConnectorSettings["auth"];
  /** Whether raw pages can be read again; true unless told. */
  readonly rereads?: boolean;
}

const PLANTED = "pl4nted-s3cret-9f2c";
const STATUSES: Readonly<Record<number, Ending>> = {
  400: "permanent",
  401: "auth",
  403: "auth",
  404: "not-found",
  410: "not-found",
  422: "permanent",
};
const MAX_BYTES = 2_000_000;
/** No source's pace is slower than this between two requests. */
const PACE_MS = 1000;
const near = (ms: number | undefined, wanted: number): boolean => Math.abs((ms ?? NaN) - wanted) < PACE_MS;

export function sourceConformance(subject: SourceSubject): void {
  const name = (text: string) => `${subject.name}: ${text}`;
  const isPage = subject.isPage ?? (() => true);
  const request = (more: Partial<ReadRequest> = {}) => readRequest({ ...subject.request, ...more });

  /** Answers as the subject does; from the n-th page on (or only there) as `change` says. */
  const changed = (
    server: DialectServer,
    from: number,
    change: (answer: Answer, seen: Seen) => Answer,
    times = Infinity,
  ): Answering => {
    let pages = 0;
    return async (seen) => {
      const answer = await subject.answer(seen, server);
      if (!isPage(seen)) return answer;
      pages++;
      return pages >= from && pages < from + times ? change(answer, seen) : answer;
    };
  };

  interface Run extends ReadOutcome {
    readonly requests: number;
    readonly told: string[];
    readonly clock: LeapingClock;
    readonly made: number;
    readonly retried: number;
  }

  const run = async (
    answering: (server: DialectServer) => Answering,
    options: ContextOptions & {
      /** A server that stays for other runs. */
      on?: DialectServer;
      read?: Partial<ReadRequest>;
      closing?: (seen: readonly Seen[]) => void;
    } = {},
  ): Promise<Run> => {
    const server: DialectServer = options.on ?? dialectServer((seen) => subject.answer(seen, server));
    await using _server = options.on === undefined ? server : null;
    server.answer(answering(server));
    const clock = leapingClock();
    await using test = sourceContext(server, {
      clock,
      ...options,
      env: { TOKEN: PLANTED },
      settings: {
        maxBytes: MAX_BYTES,
        auth: subject.auth ?? { type: "bearer", token: "env:TOKEN" },
        ...subject.settings,
        ...options.settings,
      },
    });
    const outcome = await readAll(subject.source(), request(options.read), test.context);
    options.closing?.(server.seen);
    const { made, retried } = test.context.http.used;
    return { ...outcome, requests: server.seen.length, told: test.progress, clock, made, retried };
  };
  const healthy = (server: DialectServer): Answering => (seen) => subject.answer(seen, server);

  Deno.test(name("its own request passes its check, and it tells what can be read"), () => {
    const source = subject.source();
    assert.deepEqual(source.check(request()), []);
    assert.ok(source.discover().some((one) => one.name === subject.request.resource || one.name === "*"));
  });

  Deno.test(
    name("pages in order are the golden rows, with raw bytes, places and continuations"),
    async () => {
      const { rows, pages, end, failure, requests, made } = await run(healthy);
      if (failure !== null) throw failure;
      assert.deepEqual(rows, subject.golden);
      assert.equal(end?.status, "complete");
      assert.equal(made, requests);
      assert.ok(pages.length >= 4, `${pages.length} pages: the subject must have four or more`);
      for (const [i, page] of pages.entries()) {
        assert.equal(page.next === null, i === pages.length - 1, `page ${i + 1} of ${pages.length}`);
        assert.ok(JSON.stringify(page.next).length <= 16_000);
        for (let row = 0; row < page.rows.length; row++) assert.ok(page.locate(row).length > 0);
        assert.equal(new Set(page.rows.map((_, row) => page.locate(row))).size, page.rows.length);
        const content = page.raw?.content;
        assert.ok(content !== undefined && page.raw !== null, `page ${i + 1} keeps no raw bytes`);
        assert.equal(page.raw.digest, `sha256:${createHash("sha256").update(content).digest("hex")}`);
        assert.equal(page.raw.bytes, content.length);
      }
      assert.ok(JSON.stringify(end?.state ?? null).length <= 40_000);
    },
  );

  Deno.test(name("resumed from each page's continuation, the rest comes and nothing twice"), async () => {
    // One server for all: a continuation may hold its URL.
    const server: DialectServer = dialectServer((seen) => subject.answer(seen, server));
    await using _server = server;
    const { pages } = await run(healthy, { on: server });
    let before = 0;
    for (const page of pages.slice(0, -1)) {
      before += page.rows.length;
      const rest = await run(healthy, { on: server, read: { resume: throughJson(page.next) } });
      if (rest.failure !== null) throw rest.failure;
      assert.deepEqual(rest.rows, subject.golden.slice(before));
      assert.equal(rest.end?.status, "complete");
    }
  });

  if (subject.rereads !== false) {
    Deno.test(name("a kept raw page gives its rows again without any request"), async () => {
      const { pages } = await run(healthy);
      const source = subject.source();
      for (const page of pages) {
        const { raw } = page;
        assert.ok(raw?.content !== undefined && source.reread !== undefined);
        const again = await source.reread({ ...raw, content: raw.content }, request());
        assert.deepEqual(again.rows, page.rows);
        assert.equal(again.next, null);
      }
    });
  }

  const once: [string, Fault | ((answer: Answer) => Answer)][] = [
    ["the connection closed without an answer", { kind: "reset" }],
    ["the connection closed in the middle of the body", { kind: "cut" }],
    ["a Content-Length that is too large", {
      kind: "length",
      announced: 1_000_000,
    }],
    ["a gzip body with a wrong checksum", { kind: "crc" }],
    ["a gzip body that ends early", { kind: "gzip-cut" }],
    [
      "JSON that breaks off in a complete answer",
      (answer) => ({ ...answer, json: undefined, body: half(answer) }),
    ],
    ["an HTML page with status 200", html],
    ["an empty answer with status 200", (answer) => ({ ...answer, json: undefined, body: "" })],
    ["502", () => ({ status: 502, body: "<html>Bad gateway</html>" })],
    ["503", () => ({ status: 503 })],
    ["500", () => ({ status: 500, json: { message: "oops" } })],
    ["408", () => ({ status: 408 })],
  ];
  for (const [text, fault] of once) {
    const change = (answer: Answer): Answer =>
      typeof fault === "function" ? fault(answer) : { ...answer, fault };
    Deno.test(
      name(`${text} on page 3: that page is asked for once more, nothing is lost or doubled`),
      async () => {
        const clean = await run(healthy);
        const { rows, failure, requests, retried } = await run((server) => changed(server, 3, change, 1));
        if (failure !== null) throw failure;
        assert.deepEqual(rows, subject.golden);
        assert.equal(requests, clean.requests + 1);
        assert.equal(retried, 1);
      },
    );
  }

  for (const [text, fault] of once.slice(0, 8)) {
    const change = (answer: Answer): Answer =>
      typeof fault === "function" ? fault(answer) : { ...answer, fault };
    Deno.test(name(`${text} again and again is a failure after the pages before, never an end`), async () => {
      const clean = await run(healthy);
      const { rows, failure, end, requests } = await run((server) => changed(server, 3, change));
      assert.equal(end, null);
      assert.match(failure?.kind ?? "none", /^(transient|contract)$/);
      assert.deepEqual(rows, clean.pages.slice(0, 2).flatMap((page) => page.rows));
      assert.ok(requests > 3 && requests <= clean.requests + 8, `${requests} requests`);
    });
  }

  for (const [status, ending] of Object.entries({ ...STATUSES, ...subject.statuses })) {
    if (ending === null) continue;
    Deno.test(name(`${status} on page 1 and on page 2 ends as ${ending}, at once`), async () => {
      for (const page of [1, 2]) {
        let asked = 0;
        const { end, failure } = await run((server) => {
          const answering = changed(
            server,
            page,
            () => ({ status: Number(status), json: { message: "the server's words" } }),
          );
          return (seen) => {
            if (isPage(seen)) asked++;
            return answering(seen);
          };
        });
        assert.equal(failure?.kind ?? end?.status, ending, failure?.message);
        assert.equal(asked, page);
      }
    });
  }

  Deno.test(
    name(
      "Retry-After in seconds, as a date and absent is waited for, page by page; a day parks with its instant",
    ),
    async () => {
      const start = leapingClock().now();
      const waits: Record<string, string>[] = [
        { "retry-after": "2" },
        { "retry-after": new Date(start + 12_000).toUTCString() },
        {},
      ];
      const clean = await run(healthy);
      const waited = await run((server) => {
        let n = 0;
        return changed(server, 2, () => ({ status: 429, headers: waits[n++] ?? {}, body: "Retry later" }), 3);
      });
      assert.deepEqual(waited.rows, subject.golden);
      assert.equal(waited.requests, clean.requests + 3);
      // Sources that keep a pace sleep a little between requests, too.
      const slept = waited.clock.slept.filter((ms) => ms >= PACE_MS);
      assert.ok(near(slept[0], 2000) && near(slept[1], 10_000), `waited ${slept}`);
      const parked = await run((server) =>
        changed(server, 2, () => ({ status: 429, headers: { "retry-after": "86400" } }))
      );
      assert.equal(parked.failure?.kind, "rate-limited");
      assert.ok(near(parked.failure?.more.untilMs, start + 86_400_000), `${parked.failure?.more.untilMs}`);
      assert.deepEqual(parked.rows, clean.pages[0]?.rows);
    },
  );

  if (subject.loop !== undefined) {
    const { loop } = subject;
    Deno.test(
      name("a page that leads to itself again is a contract failure at its first repeat"),
      async () => {
        let asked = 0;
        const { failure, end, pages } = await run((server) => {
          const answering = changed(server, 2, (answer, seen) => loop(seen, answer));
          return (seen) => {
            if (isPage(seen)) asked++;
            return answering(seen);
          };
        });
        assert.equal(end, null);
        assert.equal(failure?.kind, "contract");
        assert.ok(asked <= 3, `${asked} pages were asked for`);
        assert.ok(pages.length >= 1);
      },
    );
  }

  if (subject.lead !== undefined) {
    const { lead } = subject;
    Deno.test(name("a continuation on another host is refused, and nothing is sent there"), async () => {
      await using stranger = dialectServer(() => ({ json: [] }));
      const { failure, end } = await run((server) =>
        changed(server, 2, (answer) => lead(answer, `${stranger.url}/steal?page=3`))
      );
      assert.equal(end, null);
      assert.equal(failure?.kind, "refused");
      assert.equal(stranger.seen.length, 0);
    });
  }

  if (subject.endless !== undefined) {
    const { endless } = subject;
    Deno.test(
      name("pages without end stop at the limit of requests, with a failure of their own"),
      async () => {
        const { failure, requests } = await run(() => endless, { limits: { requests: 25 } });
        assert.match(failure?.kind ?? "none", /^(limit|contract)$/);
        assert.ok(requests <= 25);
      },
    );
  }

  Deno.test(
    name("a private address is refused where the env file does not allow it, and nothing is sent"),
    async () => {
      const { failure, requests } = await run(healthy, { network: { allowPrivate: false } });
      assert.equal(failure?.kind, "refused");
      assert.equal(requests, 0);
    },
  );

  Deno.test(name("a redirect to a private or metadata address is refused"), async () => {
    for (
      const to of ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[fd00:ec2::254]/"]
    ) {
      const { failure } = await run((server) =>
        changed(server, 2, () => ({ status: 302, headers: { location: to } }))
      );
      assert.equal(failure?.kind, "refused", to);
    }
  });

  Deno.test(name("answers that inflate or never end are refused before they fill the memory"), async () => {
    const zeros = new Uint8Array(20_000_000).fill(0x20);
    const bomb = await run((server) =>
      changed(server, 2, () => ({ body: zeros, gzip: true, headers: { "content-type": "application/json" } }))
    );
    assert.match(bomb.failure?.kind ?? "none", /^(refused|limit)$/);
    const flood = await run((server) =>
      changed(server, 2, () => ({ chunks: forever(zeros.subarray(0, 65_536)) }))
    );
    assert.match(flood.failure?.kind ?? "none", /^(refused|limit)$/);
    const deep = await run((server) =>
      changed(server, 2, () => ({
        body: "[".repeat(200_000) + "]".repeat(200_000),
        headers: { "content-type": "application/json" },
      }))
    );
    assert.equal(deep.end, null);
    assert.match(deep.failure?.kind ?? "none", /^(refused|limit|contract)$/);
  });

  Deno.test(
    name("servers that are silent, stall or drip are given up in the time that the env file gives"),
    async () => {
      const faults: Fault[] = [{ kind: "silent" }, { kind: "stall" }, {
        kind: "drip",
        bytes: 1,
        everyMs: 20,
      }];
      const runs = await Promise.all(
        faults.map((fault) =>
          run((server) => changed(server, 2, (answer) => ({ ...answer, fault })), {
            settings: { timeoutSeconds: 0.3 },
            retries: 0,
          })
        ),
      );
      for (const [i, { failure }] of runs.entries()) {
        assert.equal(failure?.kind, "transient", faults[i]?.kind);
      }
    },
  );

  Deno.test(
    name("an abort ends the read at once, while it waits for an answer and between pages"),
    async () => {
      for (const when of ["waiting", "between"]) {
        const server: DialectServer = dialectServer((seen) => subject.answer(seen, server));
        await using _server = server;
        const controller = new AbortController();
        let pages = 0;
        if (when === "waiting") {
          server.answer(async (seen) => {
            const answer = await subject.answer(seen, server);
            if (!isPage(seen) || ++pages < 2) return answer;
            setTimeout(() => controller.abort(new Error("a person stopped it")), 20);
            return { ...answer, fault: { kind: "silent" } };
          });
        }
        await using test = sourceContext(server, {
          abort: controller.signal,
          env: { TOKEN: PLANTED },
          settings: { auth: subject.auth ?? { type: "bearer", token: "env:TOKEN" }, ...subject.settings },
        });
        await assert.rejects(
          readAll(subject.source(), request(), test.context, (_, index) => {
            if (when === "between" && index === 1) controller.abort(new Error("a person stopped it"));
          }),
          /a person stopped it|abort/i,
        );
        assert.ok(server.seen.filter(isPage).length <= 2);
      }
    },
  );

  Deno.test(
    name(
      "the credential reaches the server, and nothing else: no failure, place, continuation, state or progress",
    ),
    async () => {
      let sent = 0;
      const echo = (seen: Seen): Answer => ({
        status: 400,
        body: `you sent ${[...seen.headers].join(" ")} to ${seen.target}`,
      });
      const runs = [
        await run(healthy, {
          closing: (seen) =>
            sent = seen.filter((one) =>
              JSON.stringify([...one.headers, one.target]).includes(PLANTED)
            ).length,
        }),
        await run((server) => changed(server, 2, (_, seen) => echo(seen))),
        await run((server) => changed(server, 2, (_, seen) => ({ ...echo(seen), status: 200 }))),
        await run((server) =>
          changed(
            server,
            2,
            (_, seen) => ({ ...echo(seen), status: 429, headers: { "retry-after": "99999" } }),
          )
        ),
      ];
      assert.ok(sent > 0, "the credential was not sent at all");
      for (const one of runs) {
        const { failure, pages, end, told } = one;
        const shown = [
          failure?.message,
          failure?.remedy,
          failure?.more.locator,
          failure?.stack,
          String(failure?.cause),
          JSON.stringify(end),
          ...told,
          ...pages.flatMap((
            page,
          ) => [
            JSON.stringify(page.next),
            page.raw?.locator,
            ...page.rows.map((_, row) => page.locate(row)),
          ]),
        ].join("\n");
        assert.equal(shown.includes(PLANTED), false, shown);
      }
    },
  );
}

/** Fails unless the promise rejects with a DataFailure; gives that. */
export async function failureOf(promise: Promise<unknown>): Promise<DataFailure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DataFailure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

function bytesOf(answer: Answer): Uint8Array {
  if (answer.body instanceof Uint8Array) return answer.body;
  return new TextEncoder().encode(answer.body ?? JSON.stringify(answer.json ?? null));
}

function half(answer: Answer): Uint8Array {
  const bytes = bytesOf(answer);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

function html(answer: Answer): Answer {
  return {
    headers: { ...answer.headers, "content-type": "text/html" },
    body: "<!doctype html><html><body>Please log in</body></html>",
  };
}

function* forever(chunk: Uint8Array): Generator<Uint8Array> {
  for (;;) yield chunk;
}
