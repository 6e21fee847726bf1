/** Events of forges on their way to the runs that watch: durable, told once, bounded in number and time. */
import { z } from "zod";
import type { ForgeEvent, ForgeEvents } from "../connectors/mod.ts";
import type { Engine, Key, Store } from "../kernel/mod.ts";
import type { Json } from "../specs/mod.ts";

export interface ForgeInbox extends ForgeEvents {
  /** Keeps the event and signals the runs that watch. `body` is the digest of what was signed: ids of deliveries are not. */
  deliver(event: ForgeEvent, body: string): Promise<{ repeated: boolean; runs: number }>;
}

export interface ForgeInboxOptions {
  store: Pick<Store, "get" | "getMany" | "list" | "commit">;
  engine: Pick<Engine, "signal">;
  now: () => number;
}

/** What came before anybody watched is told when somebody does; and nothing is taken in twice in this time. */
const KEPT_MS = 72 * 3600_000;
const MOST_KEPT = 5000;
/** Taken away with a delivery, so that an inbox never grows for ever and no delivery pays for all. */
const SWEPT = 200;
const FEW = 10;
const PAGE = 500;
const ROOT = "forge-event";

const Watch = z.object({
  repository: z.string(),
  number: z.number(),
  branch: z.string(),
  base: z.string().nullable(),
});
const Kept = z.object({
  id: z.string(),
  forge: z.enum(["github", "gitlab"]),
  repository: z.string(),
  pulls: z.array(z.number()),
  branch: z.string().optional(),
  commit: z.string().optional(),
  kind: z.enum(["pull-request", "comment", "review", "check", "push"]),
  action: z.string(),
  at: z.string(),
});
const Held = z.object({ event: Kept, body: z.string() });

export function forgeInbox({ store, engine, now }: ForgeInboxOptions): ForgeInbox {
  const idKey = (event: ForgeEvent): Key => [ROOT, "id", event.forge, event.id];
  const bodyKey = (event: ForgeEvent, body: string): Key => [ROOT, "body", event.forge, body];

  /** False when the run takes no signals any more. */
  async function tell(run: string, event: ForgeEvent): Promise<boolean> {
    const payload = JSON.parse(JSON.stringify(event)) as Json;
    const actor = { kind: "webhook" as const, id: event.forge };
    const told = await engine.signal(run, "forge", payload, actor, `${event.forge}:${event.id}`);
    if (!told.ok) await unwatch(run);
    return told.ok;
  }
  async function unwatch(run: string): Promise<void> {
    const entry = await store.get([ROOT, "run", run]);
    if (entry === null) return;
    const { repository, number } = Watch.parse(entry.value);
    await store.commit({ deletes: [[ROOT, "run", run], [ROOT, "watch", repository, number, run]] });
  }
  async function watchers(event: ForgeEvent): Promise<string[]> {
    const entries = await store.list({ prefix: [ROOT, "watch", event.repository] }, PAGE);
    return entries.flatMap((entry) => {
      const watch = Watch.parse(entry.value);
      const run = entry.key.at(-1);
      return typeof run === "string" && isAbout(event, watch) ? [run] : [];
    });
  }
  /** The oldest beyond their time, and now and then those beyond their number. */
  async function sweep(body: string): Promise<void> {
    // The digest is as good as chance: one delivery of 64 counts.
    const counts = /^0[0-3]/.test(body);
    const oldest = await store.list({ prefix: [ROOT, "at"] }, counts ? MOST_KEPT + SWEPT : FEW);
    const tooMany = oldest.length - MOST_KEPT;
    const old = oldest.slice(0, counts ? SWEPT : FEW).filter((entry, at) =>
      at < tooMany || Number(entry.key[2]) < now() - KEPT_MS
    );
    if (old.length === 0) return;
    await store.commit({
      deletes: old.flatMap((entry) => {
        const { event, body } = Held.parse(entry.value);
        const plain = event as ForgeEvent;
        return [entry.key, idKey(plain), bodyKey(plain, body)];
      }),
    });
  }

  return {
    async deliver(event, body) {
      const seen = await store.getMany([idKey(event), bodyKey(event, body)]);
      if (seen.some((entry) => entry !== null)) return { repeated: true, runs: 0 };
      await sweep(body);
      // Kept before anybody is told: who begins to watch meanwhile finds it, and a signal of the same id is one.
      const done = await store.commit({
        checks: [{ key: idKey(event), version: null }, { key: bodyKey(event, body), version: null }],
        sets: [
          { key: idKey(event), value: now() },
          { key: bodyKey(event, body), value: now() },
          {
            key: [ROOT, "at", now(), event.id],
            value: { event: JSON.parse(JSON.stringify(event)) as Json, body },
          },
        ],
      });
      if (!done.ok) return { repeated: true, runs: 0 };
      let runs = 0;
      for (const run of await watchers(event)) if (await tell(run, event)) runs++;
      return { repeated: false, runs };
    },
    async watch(run, pull) {
      const watch = Watch.parse({ ...pull, base: pull.base ?? null });
      await store.commit({
        sets: [
          { key: [ROOT, "run", run], value: watch },
          { key: [ROOT, "watch", pull.repository, pull.number, run], value: watch },
        ],
      });
      for (let start: Key | null = null;;) {
        const page = await store.list(
          { prefix: [ROOT, "at"], ...(start === null ? {} : { start }) },
          PAGE,
        );
        for (const entry of page) {
          const event = Held.parse(entry.value).event as ForgeEvent;
          if (event.repository === pull.repository && isAbout(event, watch) && !await tell(run, event)) {
            return;
          }
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return;
        // The next key after this one.
        start = [...last.key, ""];
      }
    },
    unwatch,
  };
}

/** An event without numbers names a branch; one without a branch may be about anything of the repository. */
function isAbout(event: ForgeEvent, watch: z.infer<typeof Watch>): boolean {
  if (event.pulls.length > 0) return event.pulls.includes(watch.number);
  if (event.branch === undefined) return true;
  return event.branch === watch.branch || (event.kind === "push" && event.branch === watch.base);
}
