import type { ToolName } from "./tools.ts";

/**
 * Digests of the tools as they were approved. Written down, not computed: a tool whose name, description or schema differs from
 * what was approved is refused by the gate `tool-drift`. Who changes a tool on purpose changes its line here, and says why.
 */
export const TOOL_PINS: Readonly<Record<ToolName, string>> = {
  read: "sha256:09bc0f180e5a6e4076cbfcd9a170733a0e5a51802d08cf1ac7eba2b60f44c43e",
  search: "sha256:e4850fc3fdae61ad87a102d6cec5992c8a757baa3b6069de2dc61fadd383d0f2",
  outline: "sha256:036ae758af9f9a84b075b92e9982923904579ec29dd81dd35a84db3ee57cbda2",
  references: "sha256:19b33f075bfabaf63371e56460b608486f729c65fc963fc6c38d4560acd301ca",
  edit: "sha256:ac378c797289a27cf7293c3add17436248751dd0bcbf5bc7c150b529ef2e93a1",
  write: "sha256:0c8d103121cfd6ae7350b84f79b7698f6a5cb8b6f7f9a4020d9334170abe8c51",
  delete: "sha256:9392f7ec45563c292e7aae88211a5036af17c87ebdf1b5494d16fd5ebafb1ae5",
  rename: "sha256:b3548cef6deef33ff6c4a6e87bb73a0d2aaff905cd6906901259aac89afb34ba",
  run: "sha256:8a3b1ed5a7b8a1ec08c4fd7eb5bd7543a20667fe440644c9323fc1df2903e9ca",
};
