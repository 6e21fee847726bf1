import { userInfo } from "node:os";
import { type Handler, usage } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";
import { usableDirectory } from "./session.ts";
import { keyDirectory } from "../key_directory.ts";

/** `forge init [--user NAME]`: the data directory (0700), a principal's signing key, the keys of evidence and log; existing keys are kept. `--ci` writes a repository's workflow. */
export const init: Handler = async (invocation) => {
  const { options, io } = invocation;
  if (options.ci !== undefined) return await (await import("./init_ci.ts")).initCi(invocation);
  const name = String(options.user ?? io.env("USER") ?? userInfo().username ?? "owner");
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/.test(name)) {
    throw usage(
      `'${name}' cannot be a principal's name`,
      "Use letters, digits and . _ @ -, starting with a letter or digit",
    );
  }
  const data = dataDirectory(invocation);
  await usableDirectory(data);
  const keys = keyDirectory(data);
  const { principal, created } = await keys.make(name);
  const { evidence, note } = await (await import("../signing_directory.ts")).signingKeys(data, {
    env: io.env,
  });
  return {
    exit: 0,
    document: {
      data,
      principal: principal.name,
      keyId: principal.keyId,
      publicKey: principal.publicKeyPath,
      created,
      evidenceKeyId: evidence.signer.keyId,
      log: note.key.name,
    },
    text: [
      `data       ${data}`,
      `principal  ${principal.name}${created ? "" : " (its key was there already)"}`,
      `key        ${principal.keyId}`,
      `public     ${principal.publicKeyPath}`,
      `evidence   ${evidence.signer.keyId}`,
      `log        ${note.key.name}`,
    ].join("\n"),
  };
};
