/** What an answer or an error of one try means: a reply, a Setback after which it is tried again, or the end. */
import {
  DataFailure,
  type HttpAnswer,
  type HttpReply,
  type HttpRequest,
  type HttpVerdict,
} from "../data/port.ts";
import { type Arrived, type ExchangeContext, limiterKey } from "./exchange.ts";
import { Setback } from "./persistence.ts";
import { excerpt, judgeAnswer } from "./verdict.ts";
import { limitEnds, LONGEST_WAIT_MS, nothingLeft, reset } from "./waiting.ts";
import { WireFault } from "./wire.ts";

interface Asked {
  readonly method: string;
  /** The URL with secrets hidden. */
  readonly shown: string;
  readonly status?: number;
}

const failure = (
  { pool: { hidden } }: ExchangeContext,
  kind: Exclude<HttpVerdict["kind"], "ok">,
  what: Asked,
  why: string,
  remedy: string,
): DataFailure =>
  new DataFailure(kind, hidden.hide(`${what.method} ${shorten(what.shown)} failed: ${why}`), remedy, {
    locator: what.shown.slice(0, 2000),
    ...(what.status === undefined ? {} : { status: what.status }),
  });

/** What an error of one try means: a Setback where another try may help, else what is thrown on. */
export function setbackOf(error: unknown, what: Asked, context: ExchangeContext): unknown {
  if (error instanceof WireFault) {
    const { stale = false, unsent = false, lasting = false, closed = false } = error.more;
    const isShape = error.message.startsWith("the compressed body");
    const why = failure(
      context,
      lasting ? "permanent" : "transient",
      what,
      error.message,
      lasting
        ? "Check the server's certificate and the base URL."
        : "Run again later; the run goes on where it stopped.",
    );
    return lasting ? why : new Setback(why, { stale, untouched: unsent, shape: isShape, closed });
  }
  // No name server, no token server: nothing was sent yet.
  if (error instanceof DataFailure && error.kind === "transient") {
    return new Setback(error, { untouched: true });
  }
  return error;
}

/** Throws what a verdict other than `ok` means. */
export function judge(
  answer: HttpAnswer,
  accept: readonly number[],
  arrived: Arrived,
  context: ExchangeContext,
): void {
  const { dialect, pool: { clock }, quoted } = context;
  const verdict = judgeAnswer(answer, accept, dialect);
  if (verdict.kind === "ok") return;
  const said = verdict.reason ?? excerpt(quoted(answer.text()));
  const what = { method: answer.method, shown: arrived.shown, status: answer.status };
  const why = failure(
    context,
    verdict.kind,
    what,
    `the server answers ${answer.status}${said === "" ? "" : `: ${said}`}`,
    verdict.remedy ?? "Look at the answer, and at the definition's request.",
  );
  const now = clock.now();
  const ends = dialect.limitEnds?.(answer, now) ?? limitEnds(answer.headers, now);
  const waitMs = ends === undefined ? undefined : Math.min(ends, now + LONGEST_WAIT_MS) - now;
  switch (verdict.kind) {
    case "auth":
      if (answer.status === 401 && arrived.target.trusted) {
        throw new Setback(why, { refused: { token: arrived.signature?.token } });
      }
      throw why;
    case "rate-limited":
      throw new Setback(why, {
        untouched: true,
        ...(waitMs === undefined ? {} : { waitMs }),
        ...(verdict.waitMs === undefined ? {} : { floorMs: verdict.waitMs }),
      });
    case "transient": {
      // `503 Retry-After` is a quota by another name: its wait is bounded, and parks.
      const asked = answer.headers.has("retry-after") ? waitMs : verdict.waitMs;
      if (asked !== undefined && asked > 0 && answer.headers.has("retry-after")) {
        throw new Setback(
          failure(
            context,
            "rate-limited",
            what,
            why.message.slice(why.message.indexOf(" failed: ") + 9),
            why.remedy,
          ),
          { waitMs: asked },
        );
      }
      throw new Setback(why, asked === undefined ? {} : { waitMs: asked });
    }
    default:
      throw why;
  }
}

/** A quota that this answer used up: the next request waits for its end instead of asking for a refusal. */
export async function heed(answer: HttpAnswer, arrived: Arrived, context: ExchangeContext): Promise<void> {
  const { dialect, pool } = context;
  const { clock } = pool;
  if (!nothingLeft(answer.headers)) return;
  const ends = dialect.limitEnds?.(answer, clock.now()) ?? reset(answer.headers, clock.now());
  if (ends === undefined || ends <= clock.now()) return;
  await pool.limiterFor(limiterKey(arrived.target, context))
    .hold(Math.min(ends, clock.now() + LONGEST_WAIT_MS));
}

/** A 2xx whose body is not what the caller reads: tried again. */
export function checkShape(asked: HttpRequest, reply: HttpReply): void {
  try {
    if (asked.expect === "json") reply.json();
  } catch (error) {
    if (error instanceof DataFailure) throw new Setback(error, { shape: true });
    throw error;
  }
  try {
    asked.verify?.(reply);
  } catch (error) {
    if (error instanceof DataFailure && error.kind === "transient") {
      throw new Setback(error, { shape: true });
    }
    throw error;
  }
}

const shorten = (url: string): string => url.length > 500 ? `${url.slice(0, 500)}…` : url;
