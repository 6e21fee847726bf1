import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import fc from "fast-check";
import {
  cellRooms,
  fileAccess,
  type Page,
  type ReadEnd,
  type ReadRequest,
  type SourceContext,
  sources,
} from "../../connectors/data/mod.ts";
import { compileRowRule, type RowCheck } from "../../policies/mod.ts";
import { Contract, QualityRule, type Row, Stream } from "../../specs/foundry/mod.ts";
import { contractCheck } from "./contract.ts";
import { type PageThread, pageThread } from "./page_thread.ts";
import { type AheadPage, onePage, pagesAhead } from "./pages_ahead.ts";
import { plainPages } from "./plain_pages.ts";
import { admission, type RuleCount } from "./row_path.ts";

const file = await sources["file"]?.();

const STREAM = Stream.parse({
  id: "s",
  source: { connector: "file", resource: "csv", params: { path: "a.csv" } },
  write: { disposition: "append" },
  primaryKey: ["id"],
});
const CONTRACT = Contract.parse({
  types: "quarantine",
  schema: {
    id: { type: "integer", nullable: false },
    amount: { type: "decimal" },
    day: { type: "date" },
    note: { type: "string" },
  },
});
const RULES = [
  { rule: "range", column: "amount", min: 0, severity: "quarantine" },
  { rule: "required", columns: ["note"], severity: "warn" },
  { rule: "regex", column: "note", pattern: "^[^@]+$", severity: "quarantine" },
  { rule: "enum", column: "day", values: ["2024-02-29", "2024-02-30", "2024-01-01"], severity: "warn" },
];

/** All that a read leaves: lines, faults with their rows and places, what was counted, where a read goes on, and its end. */
interface Left {
  readonly text: string;
  readonly aside: unknown[];
  readonly contract: unknown;
  readonly rules: RuleCount[];
  readonly end: ReadEnd;
  readonly places: unknown[];
}

interface How {
  readonly ahead: boolean;
  readonly stretches?: boolean;
  readonly pageBytes?: number;
  readonly open?: () => PageThread | null;
  /** Stops after so many. */
  readonly pages?: number;
}

async function leaves(dir: string, how: How): Promise<Left & { elsewhere: number; plain: number }> {
  const checks: RowCheck[] = [];
  for (const rule of RULES) {
    const compiled = await compileRowRule(QualityRule.parse(rule));
    assert.ok(compiled.ok);
    checks.push(compiled.value);
  }
  const contract = contractCheck(CONTRACT, null, null);
  const rules = checks.map((): RuleCount => ({ failed: 0, checked: 0, sample: [] }));
  const admit = admission({ stream: STREAM, contract, checks, rules });
  const plainly = plainPages({ contract, checks, rules, key: ["id"], secrets: new Set() });
  const rooms = cellRooms(4, how.pageBytes ?? 1024);
  const request: ReadRequest = {
    stream: "s",
    resource: "csv",
    params: { path: "a.csv", settleMs: 0, encoding: "utf-8", delimiter: ",", header: true },
    mode: "full",
    cursor: null,
    window: { from: null, to: null },
    resume: null,
    state: null,
  };
  const context = {
    settings: {},
    files: fileAccess({ base: dir, scratch: join(dir, "scratch") }),
    clock: { now: () => Date.now() },
    abort: new AbortController().signal,
    progress() {},
    vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
  } as unknown as SourceContext;
  assert.ok(file !== undefined);
  const pages: AsyncGenerator<AheadPage, ReadEnd, void> = how.ahead
    ? pagesAhead(
      file.read({ ...request, cells: true, rooms, stretches: how.stretches ?? true }, context),
      plainly,
      rooms,
      {
        from: 0,
        keep: (thread) => thread.close(),
        ...(how.open === undefined ? {} : { open: how.open }),
      },
    )
    : onePage(file.read(request, context));
  const [aside, places]: [unknown[], unknown[]] = [[], []];
  let [text, elsewhere, plain] = ["", 0, 0];
  const look = (row: Row, at: string) => {
    const original = structuredClone(row);
    const fault = admit(row);
    if (fault === null) text += `${JSON.stringify(row)}\n`;
    else aside.push({ fault, at, original });
  };
  for (let count = 0;; count++) {
    const next: IteratorResult<AheadPage, ReadEnd> = count === how.pages
      ? await pages.return({ status: "incomplete" })
      : await pages.next();
    if (next.done === true) {
      const end = next.value;
      return {
        text,
        aside,
        contract: [contract.state(), contract.end()],
        rules,
        end,
        places,
        elsewhere,
        plain,
      };
    }
    const { page, plain: judged } = next.value;
    for (const { reason, rule, locator, row } of page.bad ?? []) aside.push({ reason, rule, locator, row });
    const taken = judged === undefined
      ? page.cells === undefined ? null : plainly?.read(page.cells) ?? null
      : judged();
    if (judged !== undefined) elsewhere += page.cells?.rows ?? 0;
    if (taken === null) page.rows.forEach((row, index) => look(row, page.locate(index)));
    else {
      plain += taken.passed;
      taken.count();
      for (const { lines, other } of taken.parts) {
        text += Buffer.from(lines).toString();
        if (other !== null) look(other.row(), page.locate(other.index));
      }
    }
    if (page.raw !== null) places.push(page.raw);
  }
}

/** A thread that is given pages before it is known to be there: otherwise a small file is over before. */
const eager = (): PageThread | null => {
  const thread = pageThread();
  return thread === null ? null : {
    get ready() {
      return true;
    },
    read: (stretch, plan) => thread.read(stretch, plan),
    profile: (profiled) => thread.profile(profiled),
    done: (judged) => thread.done(judged),
    close: () => thread.close(),
  };
};

const sound = {
  weight: 8,
  arbitrary: fc.tuple(
    fc.integer({ min: 0, max: 999 }),
    fc.integer({ min: -300, max: 99_999 }).map((cents) => (cents / 100).toFixed(2)),
    fc.constantFrom("2024-02-29", "2024-01-01", "2024-12-31"),
    fc.constantFrom("plain", '"a ""b"" c"', '"two\nlines"', "tab\tä€", "\\", "😀", "x@y", "", "'q'"),
  ).map((cells) => cells.join(",")),
};
const unsound = {
  weight: 1,
  arbitrary: fc.constantFrom(
    "007,1,2024-02-29,x",
    ",1,2024-02-29,x",
    "5,much,2024-02-29,x",
    "6,1e3,2024-02-30,x",
    "7,-0,2023-02-29,x",
    "8,1,2024-02-29",
    "9,1,2024-02-29,x,y",
    '10,"1"x,2024-02-29,z',
    '"11","1.50","2024-02-29","q"',
    "12,+5,2024-02-29,nul\0",
    `13,1,2024-02-29,${"long ".repeat(600)}`,
    "9007199254740993,0.1,2024-02-29,big",
    "",
    " ",
  ),
};
const line = fc.oneof(sound, unsound);
const soundLine = fc.oneof({ ...sound, weight: 60 }, unsound);
const csv = fc.record({
  lines: fc.oneof(
    fc.array(line, { minLength: 1, maxLength: 60 }),
    fc.array(soundLine, { minLength: 60, maxLength: 150, size: "max" }),
  ),
  end: fc.constantFrom("\n", "\r\n"),
  last: fc.boolean(),
  mark: fc.boolean(),
}).map(({ lines, end, last, mark }) =>
  `${mark ? "\ufeff" : ""}${["id,amount,day,note", ...lines].join(end)}${last ? end : ""}`
);

Deno.test("what is judged ahead and in another thread is what the way of rows makes of the same file, wherever pages are cut", async () => {
  const dir = await Deno.makeTempDir();
  let [elsewhere, plain] = [0, 0];
  try {
    await fc.assert(
      fc.asyncProperty(
        csv,
        fc.integer({ min: 40, max: 700 }),
        fc.boolean(),
        fc.boolean(),
        async (text, pageBytes, threaded, stretches) => {
          await Deno.writeTextFile(join(dir, "a.csv"), text);
          const open = threaded ? eager : () => null;
          const { elsewhere: there, plain: passed, ...found } = await leaves(dir, {
            ahead: true,
            pageBytes,
            open,
            stretches,
          });
          const { elsewhere: _, plain: __, ...expected } = await leaves(dir, { ahead: false });
          elsewhere += there;
          plain += passed;
          // What is no row is told with its page, and pages differ.
          for (const one of [found, expected]) {
            one.aside.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
          }
          assert.deepEqual(found, expected);
        },
      ),
      { numRuns: 100 },
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  // Otherwise nothing was compared.
  assert.ok(elsewhere > 10 && plain > 10, `${elsewhere} ${plain}`);
});

/** Pages of one row, of which the one at `broken` fails. */
async function* rowsOf(count: number, broken = Infinity): AsyncGenerator<Page, ReadEnd, void> {
  for (let at = 0; at < count; at++) {
    if (at === broken) throw new Error("the disk is gone");
    yield { rows: [{ at }], locate: () => String(at), raw: null, next: at };
  }
  return { status: "complete" };
}

Deno.test("what fails, and the end, come behind the pages that were read before", async () => {
  const seen: number[] = [];
  const pages = pagesAhead(rowsOf(9, 5), null, cellRooms(1, 1));
  await assert.rejects(async () => {
    for (;;) {
      const next = await pages.next();
      if (next.done === true) return;
      seen.push(Number(next.value.page.next));
    }
  }, /the disk is gone/);
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  const whole = pagesAhead(rowsOf(1), null, cellRooms(1, 1));
  assert.equal((await whole.next()).done, false);
  assert.deepEqual(await whole.next(), { done: true, value: { status: "complete" } });
});

const CELLS = "id,amount,day,note\n" + "1,2.50,2024-02-29,x\n".repeat(400);

Deno.test("a thread that ends in the middle fails the load, and is closed", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, "a.csv"), CELLS);
    let closed = 0;
    const failing: PageThread = {
      ready: true,
      read: () => Promise.reject(new Error("The thread that judges pages ended: out of memory")),
      profile: () => Promise.reject(new Error("The thread that judges pages ended: out of memory")),
      done() {},
      close: () => closed++,
    };
    await assert.rejects(leaves(dir, { ahead: true, open: () => failing }), /ended: out of memory/);
    assert.equal(closed, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("whoever stops in the middle of a load ends the thread, and one that never began is no harm", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, "a.csv"), CELLS);
    let closed = 0;
    const counted = (thread: PageThread | null) => () =>
      thread === null ? null : {
        get ready() {
          return thread.ready;
        },
        read: (stretch: Parameters<PageThread["read"]>[0], plan: Parameters<PageThread["read"]>[1]) =>
          thread.read(stretch, plan),
        profile: (profiled: Parameters<PageThread["profile"]>[0]) => thread.profile(profiled),
        done: (judged: Parameters<PageThread["done"]>[0]) => thread.done(judged),
        close() {
          closed++;
          thread.close();
        },
      };
    const stopped = await leaves(dir, { ahead: true, open: counted(eager()), pages: 3 });
    assert.equal(closed, 1);
    assert.ok(stopped.text.length > 0);
    const absent: PageThread = {
      ready: false,
      read: () => Promise.reject(new Error("nobody is there")),
      profile: () => Promise.reject(new Error("nobody is there")),
      done() {},
      close() {},
    };
    const { elsewhere, ...alone } = await leaves(dir, { ahead: true, open: () => absent });
    const { elsewhere: _, plain, ...expected } = await leaves(dir, { ahead: false });
    assert.deepEqual({ ...alone, plain: 0 }, { ...expected, plain });
    assert.equal(elsewhere, 0);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a fault within the thread is told, and everything that it has fails", async () => {
  const thread = pageThread();
  assert.ok(thread !== null);
  try {
    const stretch = () => {
      const room = new Uint8Array(64);
      return { columns: ["a", "b"], room, length: 64, most: 1, delimiter: 44, quote: 34 };
    };
    const rule = QualityRule.parse({ rule: "expression", expression: "true", severity: "warn" });
    const plan = {
      columns: ["a", "b"],
      agreed: [{ type: "string" as const, required: false }, { type: "string" as const, required: false }],
      keys: [],
      rules: [rule],
    };
    await assert.rejects(thread.read(stretch(), plan), /Cannot judge pages by the rule expression/);
    assert.equal(thread.ready, false);
    await assert.rejects(thread.read(stretch(), plan), /ended/);
  } finally {
    thread.close();
  }
});
