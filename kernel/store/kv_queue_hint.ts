import type { Topics } from "./topics.ts";

/** Wake-ups over `kv.enqueue`: lossy and late by design, so nothing may depend on one. */
export interface QueueHint {
  send(topic: string): void;
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>;
}

interface Wake {
  kind: "wake";
  topic: string;
  from: string;
}

/**
 * Listens on the queue of a Deno KV and hands wake-ups of other processes to this one's listeners. One listener in a process:
 * several would compete for the messages, not share them.
 */
export function queueHint(kv: Deno.Kv, local: Topics): QueueHint {
  const self = crypto.randomUUID();
  let sending: Promise<unknown> = Promise.resolve();
  // Rejects where the backend has no queues (the hosted platform, KV Connect): then there are no hints, and polling does it.
  kv.listenQueue((message) => {
    const wake = message as Partial<Wake> | null;
    if (wake?.kind === "wake" && typeof wake.topic === "string" && wake.from !== self) local.wake(wake.topic);
  }).catch(() => {});
  return {
    send(topic) {
      const message: Wake = { kind: "wake", topic, from: self };
      // No back-off entries: a hint that cannot be delivered is dropped, as it should be.
      sending = Promise.all([sending, kv.enqueue(message, { backoffSchedule: [] }).catch(() => {})]);
    },
    async idle() {
      await sending;
    },
  };
}
