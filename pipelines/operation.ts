import type { PhaseContext, PhaseHandler } from "../kernel/mod.ts";
import { freezeFacts, isExcepted } from "../policies/mod.ts";
import {
  type Autonomy,
  type FreezeWindow,
  type InstalledFreeze,
  IntentType,
  type OperationRecord,
  type PatchFacts,
  type Tier,
} from "../specs/mod.ts";

/** Whose run it is, for the state of the fleet that it is judged in. */
export interface OperationSubject {
  readonly tier: Tier;
  readonly intents: readonly string[];
  /** Where the repository lies, or `pipeline <id>`. */
  readonly repository: string;
  /** The change touches what judges it: policy, packs, waivers, owners. */
  readonly editsPolicy: boolean;
}

/** The state of the fleet, as an installation keeps it. */
export interface OperationPort {
  /** What the judge reads, and what an agent is granted at this instant. */
  judged(subject: OperationSubject, at: string): Promise<{ operation: OperationRecord; granted: Autonomy }>;
  /** Freeze windows of the installation. */
  freezes(): Promise<readonly InstalledFreeze[]>;
}

/** The intent under which data runs are trusted: they have none of a spec's. */
export const LOAD = "LOAD";

/** Whether a change touches what judges it, or what steers those who make changes. */
export function editsPolicy(facts: PatchFacts | null): boolean {
  return (facts?.protectedEdits.length ?? 0) > 0;
}

/** A spec's intents, without repetition. */
export function intentsOf(intent: { type: string } | readonly { type: string }[]): string[] {
  return [...new Set([intent].flat().map(({ type }) => type))].sort();
}

/** The state of the fleet for the judge; nothing of it where the installation keeps none. */
export async function operationFacts(
  port: OperationPort | undefined,
  subject: OperationSubject,
  at: string,
): Promise<{ granted?: Autonomy; recorded: { operation?: OperationRecord } }> {
  if (port === undefined) return { recorded: {} };
  const { operation, granted } = await port.judged(subject, at);
  return { granted, recorded: { operation } };
}

interface Frozen {
  readonly tier: Tier;
  readonly intents: readonly string[];
  /** Windows that the repository declares at its base. */
  readonly windows: readonly FreezeWindow[];
}

/** A phase that publishes: it waits, holding no worker, for the end of the freeze windows that are open. */
export function outsideFreezes(
  ports: { readonly installation: { readonly operation?: OperationPort } },
  frozen: (ctx: PhaseContext) => Promise<Frozen>,
  handler: PhaseHandler,
): PhaseHandler {
  return async (ctx) => {
    const { tier, intents, windows } = await frozen(ctx);
    const installed = await ports.installation.operation?.freezes() ?? [];
    const { open } = await freezeFacts(windows, installed, new Date(ctx.clock.now()).toISOString());
    const known = intents.flatMap((intent) => IntentType.safeParse(intent).data ?? []);
    const [last] = open.filter(({ window }) =>
      window.then === "wait" && !isExcepted(window.except, { tier, intents: known })
    );
    if (last === undefined) return await handler(ctx);
    const { endsMs, window, source } = last;
    return {
      kind: "park",
      reason: `frozen until ${new Date(endsMs).toISOString()} by ${
        source === "repository" ? "the repository's .forge/policy.yaml" : `the installation (${source})`
      }: ${window.reason}`,
      untilMs: endsMs,
    };
  };
}
