import type { Forge, PullRequestRequest } from "../../connectors/mod.ts";
import type { Blobs, EffectHandler } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { baseObjects } from "./base_objects.ts";
import { forgeNamed } from "./forge_choice.ts";
import { readJson } from "../blob_reads.ts";
import type { Packet } from "./packet.ts";
import type { FactoryPorts } from "./ports.ts";
import { rebuild } from "./proposal.ts";
import type { OpenPullRequest } from "./release.ts";

/** Opens the pull request: looks for the one that this key opened before a crash, else applies the patch and opens it. */
export function pullRequestEffect(ports: FactoryPorts): EffectHandler {
  const requestOf = (key: string, args: OpenPullRequest, run: string) =>
    pullRequestRequest(ports, key, args, run);
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
      const request = args as unknown as OpenPullRequest;
      const found = await forgeOf(ports, request).find(await requestOf(key, request, run));
      return found ? { found: true, outcome: outcomeOf(found) } : { found: false };
    },
    async act(key, raw, run) {
      const args = raw as unknown as OpenPullRequest;
      const { repository, stored, tree } = args;
      const rebuilt = await rebuild(ports, run, { repository, stored, tree }, "pull-request");
      if (!rebuilt.ok) throw new Error(rebuilt.error.message);
      try {
        const objects = await baseObjects(ports, run, repository);
        if (!objects.ok) throw new Error(objects.error.message);
        return outcomeOf(
          await forgeOf(ports, args).open({
            ...await requestOf(key, args, run),
            workspace: objects.value.dir,
            ...(objects.value.objects === undefined ? {} : { objects: objects.value.objects }),
          }),
        );
      } finally {
        await rebuilt.value.dispose();
      }
    },
  };
}

/** What the forge is asked for, the same each time: so it finds what it has opened. */
export async function pullRequestRequest(
  ports: FactoryPorts,
  key: string,
  args: OpenPullRequest,
  run: string,
): Promise<PullRequestRequest> {
  const packet = await packetOf(ports.blobs, args);
  const { location, gitDir, baseRef, baseCommit, remote } = args.repository;
  return {
    key,
    run,
    repository: { location, gitDir, baseRef, baseCommit, ...(remote === undefined ? {} : { remote }) },
    workspace: ports.scratch(run, "pull-request"),
    tree: args.tree,
    branch: packet.branch,
    title: packet.title,
    body: packet.body,
    message: packet.message,
    draft: args.draft,
    at: args.at,
  };
}

/** The forge that the run was accepted for. */
function forgeOf(ports: FactoryPorts, args: OpenPullRequest): Forge {
  const forge = forgeNamed(ports, args.forge);
  if (forge !== null) return forge;
  throw new Error(`Cannot open the pull request: the forge '${args.forge}' is not wired here`);
}

async function packetOf(blobs: Blobs, args: OpenPullRequest): Promise<Packet> {
  return await readJson(blobs, args.outgoing) as unknown as Packet;
}
