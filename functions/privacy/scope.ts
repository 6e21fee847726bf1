import { AsyncLocalStorage } from "node:async_hooks";
import type { Engine, EngineOptions } from "../../kernel/mod.ts";
import { privacyOf } from "../../pipelines/mod.ts";
import type { Json, RunPrivacy } from "../../specs/mod.ts";

/** For which run something is kept: whoever writes it need not be told. */
export interface PrivacyScope {
  current(): RunPrivacy | null;
  within<T>(privacy: RunPrivacy | null, work: () => Promise<T>): Promise<T>;
}

export function privacyScope(): PrivacyScope {
  const storage = new AsyncLocalStorage<RunPrivacy | null>();
  return {
    current: () => storage.getStore() ?? null,
    within: (privacy, work) => storage.run(privacy, work),
  };
}

/** An engine's options, with everything that a run does within its scope. An effect knows its run by name. */
export function scopedEngine(
  scope: PrivacyScope,
  options: EngineOptions,
  view: Engine["view"],
  sealed: (privacy: RunPrivacy, status: string) => Promise<void>,
): EngineOptions {
  const { handlers, effects, judge, seal } = options;
  const inputOf = async (run: string): Promise<Json> => (await view(run))?.input ?? null;
  return {
    ...options,
    handlers: mapped(handlers, (handler) => (ctx) => within(scope, ctx.input, () => handler(ctx))),
    effects: mapped(effects, (effect) => ({
      look: async (key, args, run) =>
        await within(scope, await inputOf(run), () => effect.look(key, args, run)),
      act: async (key, args, run, abort) =>
        await within(scope, await inputOf(run), () => effect.act(key, args, run, abort)),
    })),
    judge: (transition) => within(scope, transition.input, () => judge(transition)),
    ...(seal === undefined ? {} : {
      seal: (ended, status) =>
        within(scope, ended.input, async () => {
          const done = await seal(ended, status);
          const privacy = privacyOf(ended.input);
          if (privacy !== null) await sealed(privacy, status);
          return done;
        }),
    }),
  };
}

function within<T>(scope: PrivacyScope, input: unknown, work: () => Promise<T>): Promise<T> {
  const privacy = privacyOf(input);
  return privacy === null ? work() : scope.within(privacy, work);
}

function mapped<A, B>(all: Readonly<Record<string, A>>, change: (one: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
}
