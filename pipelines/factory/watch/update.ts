import { type Forge, ForgeError } from "../../../connectors/mod.ts";
import type { EffectHandler } from "../../../kernel/mod.ts";
import type { Json } from "../../../specs/mod.ts";
import { baseObjects } from "../base_objects.ts";
import { forgeNamed } from "../forge_choice.ts";
import type { Continued } from "../input.ts";
import { readJson } from "../../blob_reads.ts";
import type { Packet } from "../packet.ts";
import type { FactoryPorts } from "../ports.ts";
import { rebuild } from "../proposal.ts";
import type { OpenPullRequest } from "../release.ts";

type UpdatePullRequest = OpenPullRequest & { continues: Continued };

/**
 * Puts a judged change on the branch of an open pull request, as one commit on the head that the watch knew. The forge refuses when
 * it was closed meanwhile or somebody else has pushed; made again after a crash it finds its own commit.
 */
export function pullRequestUpdate(ports: FactoryPorts): EffectHandler {
  return {
    look: () => Promise.resolve({ found: false }),
    async act(key, raw, run) {
      const args = raw as unknown as UpdatePullRequest;
      const { repository, stored, tree, continues } = args;
      const forge = forgeNamed(ports, args.forge);
      if (!forge?.update) throw new Error(`Cannot update a pull request on the forge '${args.forge}'`);
      const packet = await readJson(ports.blobs, args.outgoing) as unknown as Packet;
      const rebuilt = await rebuild(ports, run, { repository, stored, tree }, "pull-request");
      if (!rebuilt.ok) throw new Error(rebuilt.error.message);
      const { pull, head, mergesBase } = continues;
      try {
        const objects = await baseObjects(ports, run, repository);
        if (!objects.ok) throw new Error(objects.error.message);
        const { commit } = await forge.update({
          key,
          pull: { repository: pull.repository, number: pull.number },
          head,
          baseCommit: repository.baseCommit,
          mergesBase,
          workspace: objects.value.dir,
          ...(objects.value.objects === undefined ? {} : { objects: objects.value.objects }),
          tree,
          message: `${continues.why}\n\n${packet.message}`,
          at: args.at,
          body: packet.body,
        });
        await publish(forge, { key, run, commit, repository: pull.repository, summary: packet.body });
        return { number: pull.number, url: pull.url, branch: pull.branch, commit, base: pull.base } as Json;
      } finally {
        await rebuilt.value.dispose();
      }
    },
  };
}

/** The commit is there: a check that cannot be published undoes nothing. */
async function publish(
  forge: Forge,
  given: { key: string; run: string; commit: string; repository: string; summary: string },
): Promise<void> {
  try {
    await forge.publishChecks?.({
      key: `${given.key}/check`,
      repository: given.repository,
      commit: given.commit,
      name: "edgeforge",
      conclusion: "success",
      title: `Gates passed in ${given.run}`,
      summary: given.summary,
      annotations: [],
    });
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
  }
}
