/** Providers that are not asked for a while: their key or account does not work, or they told how long to wait. */
import type { ModelTrouble } from "../../specs/mod.ts";
import type { ModelSource } from "./desk.ts";
import { circuitKey } from "./health.ts";
import { TROUBLE_RULES } from "./trouble.ts";

/** A provider whose key or account does not work is left alone for so long, or until a human or another key asks anew. */
const BLOCK_MS = 300_000;
/** No word of a provider keeps every run away from it for longer. */
const LONGEST_REST_MS = 3_600_000;

/** How a call went. */
export interface Attempt {
  readonly provider: string;
  readonly model: string;
  readonly trouble: ModelTrouble | null;
  /** How long the provider wants to be left alone. */
  readonly retryAfterMs?: number | undefined;
  /** Which credential it was made with (`ModelProvider.credential`). */
  readonly credential?: number | undefined;
}

/** What the router is told. */
export interface LeftAlone {
  /** Why a provider cannot be asked at all, by its id. */
  readonly blocked: ReadonlyMap<string, string>;
  /** Until when a provider, or one of its models (`circuitKey`), asked to be left alone. */
  readonly resting: Readonly<Record<string, number>>;
}

interface Block {
  readonly why: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly credential: number | undefined;
}

/** Of this process: the next one asks once more, which costs nothing where a key is refused. */
export function leftAlone() {
  const blocks = new Map<string, Block>();
  const rests = new Map<string, { sinceMs: number; untilMs: number }>();
  return {
    /** Keeps what a call came to where it is a reason to ask no more for now. */
    note({ provider, model, trouble, retryAfterMs, credential }: Attempt, nowMs: number): void {
      if (trouble === null) return;
      if (trouble === "auth" || trouble === "quota") {
        const untilMs = nowMs + BLOCK_MS;
        const why = trouble === "auth" ? "its key was refused" : "its account has no credit or quota left";
        blocks.set(provider, {
          why: `${why}; it is left alone until ${new Date(untilMs).toISOString()}, or a run is retried`,
          sinceMs: nowMs,
          untilMs,
          credential,
        });
        return;
      }
      const { step } = TROUBLE_RULES[trouble];
      if (retryAfterMs === undefined || (step !== "wait" && step !== "retry")) return;
      // A limit is the provider's as a whole, an overload the model's.
      const place = step === "wait" ? provider : circuitKey(provider, model);
      const untilMs = nowMs + Math.min(retryAfterMs, LONGEST_REST_MS);
      if (untilMs > (rests.get(place)?.untilMs ?? 0)) rests.set(place, { sinceMs: nowMs, untilMs });
    },
    /** @param anewMs when a human last wanted everything asked anew */
    at(source: ModelSource, nowMs: number, anewMs: number): LeftAlone {
      for (const [id, { sinceMs, untilMs, credential }] of blocks) {
        const changed = credential !== credentialOf(source, id);
        if (nowMs >= untilMs || sinceMs <= anewMs || changed) blocks.delete(id);
      }
      for (const [place, { sinceMs, untilMs }] of rests) {
        if (nowMs >= untilMs || sinceMs <= anewMs) rests.delete(place);
      }
      return {
        blocked: new Map([...blocks].map(([id, { why }]) => [id, why])),
        resting: Object.fromEntries([...rests].map(([place, { untilMs }]) => [place, untilMs])),
      };
    },
  };
}

const credentialOf = ({ providers }: ModelSource, id: string): number | undefined =>
  providers.find((one) => one.id === id)?.credential;
