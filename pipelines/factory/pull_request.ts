import type { PullRequestRequest } from "../../connectors/mod.ts";
import type { Blobs, EffectHandler } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { readBytes, readJson } from "./input.ts";
import type { Packet } from "./packet.ts";
import type { FactoryPorts } from "./ports.ts";
import type { OpenPullRequest } from "./release.ts";

/** Opens the pull request: looks for the one that this key opened before a crash, else applies the patch and opens it. */
export function pullRequestEffect(ports: FactoryPorts): EffectHandler {
  const requestOf = async (key: string, args: OpenPullRequest, run: string): Promise<PullRequestRequest> => {
    const packet = await packetOf(ports.blobs, args);
    return {
      key,
      run,
      repository: args.repository,
      workspace: ports.scratch(run, "pull-request"),
      tree: args.tree,
      branch: packet.branch,
      title: packet.title,
      body: packet.body,
      message: packet.message,
      draft: args.draft,
      at: args.at,
    };
  };
  const outcomeOf = (
    pull: { number: number; url: string; branch: string; commit: string; base: string },
  ): Json => ({
    number: pull.number,
    url: pull.url,
    branch: pull.branch,
    commit: pull.commit,
    base: pull.base,
  });
  return {
    async look(key, args, run) {
      const found = await ports.forge.find(await requestOf(key, args as unknown as OpenPullRequest, run));
      return found ? { found: true, outcome: outcomeOf(found) } : { found: false };
    },
    async act(key, raw, run) {
      const args = raw as unknown as OpenPullRequest;
      const request = await requestOf(key, args, run);
      const opened = await ports.workspaces.open(args.repository.location, args.repository.baseCommit);
      if (!opened.ok) throw new Error(opened.error.message);
      await ports.discard(request.workspace);
      const created = await ports.workspaces.create(opened.value, request.workspace);
      if (!created.ok) throw new Error(created.error.message);
      try {
        const applied = await created.value.apply(await readBytes(ports.blobs, args.stored));
        if (!applied.ok) throw new Error(applied.error.message);
        const { change } = await created.value.curate();
        if (change.tree !== args.tree) {
          throw new Error(
            `Cannot open the pull request: the patch gives tree ${change.tree} and not the judged ${args.tree}`,
          );
        }
        return outcomeOf(await ports.forge.open(request));
      } finally {
        await created.value.dispose();
      }
    },
  };
}

async function packetOf(blobs: Blobs, args: OpenPullRequest): Promise<Packet> {
  return await readJson(blobs, args.outgoing) as unknown as Packet;
}
