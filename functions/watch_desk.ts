/** Runs that watch pull requests, for the doors. */
import type { Engine } from "../kernel/mod.ts";
import { type FactoryPorts, submitWatch, watchOf, WatchState } from "../pipelines/factory/mod.ts";
import { err, ok } from "../specs/mod.ts";
import type { Service } from "./service.ts";

export function watchDesk(
  engine: Pick<Engine, "view" | "submit" | "signal">,
  ports: FactoryPorts,
): Required<Pick<Service, "watchPull" | "watched">> {
  return {
    async watchPull(pull, hours, actor) {
      const watch = await watchOf(ports, pull.run, Date.now(), hours);
      if (watch === null || watch.input.pull.url !== pull.url) {
        return err({
          code: "not-watched",
          value: pull.url,
          message:
            `Cannot watch pull request ${pull.number}: ${pull.run} has not opened it on a forge with a server`,
          remedy: "Only what was opened with --forge github or gitlab from this installation is watched",
        });
      }
      const watching = await submitWatch(engine, watch, actor);
      // Who asks wants to know how it is now.
      if (watching.existed) {
        await engine.signal(watching.run, "forge", { asked: true }, actor, crypto.randomUUID());
      }
      return ok(watching);
    },
    async watched(run) {
      const view = await engine.view(run);
      const digest = (view?.outputs.look as { state?: unknown } | undefined)?.state;
      if ((view?.input as { kind?: unknown } | undefined)?.kind !== "watch" || typeof digest !== "string") {
        return null;
      }
      const bytes = await ports.blobs.get(digest);
      return bytes === null ? null : WatchState.parse(JSON.parse(new TextDecoder().decode(bytes)));
    },
  };
}
