import { isAbsolute, join } from "node:path";
import { z } from "zod";
import type { KeyUse } from "../../specs/attestation/mod.ts";
import { commandKey } from "./command_key.ts";
import { fileKey, formerKey, heldKey, textAt } from "./file_keys.ts";
import { type HeldKey, SigningFailed } from "./held_key.ts";

/** Where the keys of an installation are held, as its operator says. */
export interface SignerChoice {
  /** Of the environment: FORGE_SIGNING_KEY, FORGE_LOG_KEY, FORGE_SIGNER_COMMAND, FORGE_LOG_SIGNER_COMMAND and their public keys. */
  readonly env?: (name: string) => string | undefined;
  /** A process of its own holds the keys of the signing directory. */
  readonly apart?: boolean;
}

/** Whether the operator says who holds keys, beside the signing directory. */
export const isNamed = (choice: SignerChoice | undefined): boolean =>
  choice?.apart === true ||
  Object.values(VARIABLES).some(({ key, command }) =>
    (choice?.env?.(key) ?? choice?.env?.(command)) !== undefined
  );

const VARIABLES = {
  evidence: {
    key: "FORGE_SIGNING_KEY",
    former: "FORGE_FORMER_SIGNING_KEY",
    command: "FORGE_SIGNER_COMMAND",
    open: "FORGE_SIGNER_PUBLIC_KEY",
  },
  log: {
    key: "FORGE_LOG_KEY",
    former: "FORGE_FORMER_LOG_KEY",
    command: "FORGE_LOG_SIGNER_COMMAND",
    open: "FORGE_LOG_SIGNER_PUBLIC_KEY",
  },
} as const;

const Program = z.strictObject({
  command: z.array(z.string().min(1)).min(1).max(50),
  publicKey: z.string().min(1).max(4000).describe("PEM, or a file of it"),
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).max(50).default([]).describe(
    "variables that it is given",
  ),
});

/** `signing/signer.json`: programs that hold keys. */
const SignerFile = z.strictObject({
  v: z.literal(1),
  evidence: Program.optional(),
  log: Program.optional(),
  former: z.strictObject({ evidence: Program.optional(), log: Program.optional() }).default({}).describe(
    "of the keys before, which sign beside them until their time ends",
  ),
});

/** Whether the operator says that a key is held elsewhere than in the signing directory; null when not. */
export async function namedKey(folder: string, use: KeyUse, choice: SignerChoice): Promise<HeldKey | null> {
  const env = choice.env ?? (() => undefined);
  const { key, command, open } = VARIABLES[use];
  const [text, argv] = [env(key), env(command)];
  const file = await signerFile(folder);
  if (text !== undefined && argv !== undefined) {
    throw new SigningFailed(`Both ${key} and ${command} are set`, "Set one of them");
  }
  if (text !== undefined) return await heldKey(use, text, "environment", key);
  if (argv !== undefined) {
    return commandKey({
      use,
      argv: argvOf(argv, command),
      publicKey: await publicKeyOf(env(open) ?? "", folder, open),
      env: passed(env, []),
    });
  }
  return await programKey(folder, use, file?.[use], env);
}

async function programKey(
  folder: string,
  use: KeyUse,
  program: z.infer<typeof Program> | undefined,
  env: NonNullable<SignerChoice["env"]>,
): Promise<HeldKey | null> {
  if (program === undefined) return null;
  return commandKey({
    use,
    argv: program.command,
    publicKey: await publicKeyOf(program.publicKey, folder, `publicKey of ${use} in signer.json`),
    env: passed(env, program.env),
  });
}

/** The key before the one in use, wherever the operator says that it is, or as a rotation has kept it; null where there is none. */
export async function formerHeldKey(
  folder: string,
  use: KeyUse,
  choice: SignerChoice,
): Promise<HeldKey | null> {
  const env = choice.env ?? (() => undefined);
  const { former } = VARIABLES[use];
  const text = env(former);
  if (text !== undefined) return await heldKey(use, text, "environment", former);
  const file = await signerFile(folder);
  return await programKey(folder, use, file?.former[use], env) ?? await formerKey(folder, use);
}

/** The key, wherever the operator says that it is; in the signing directory unless told, and made there. */
export async function chosenKey(folder: string, use: KeyUse, choice: SignerChoice): Promise<HeldKey> {
  return await namedKey(folder, use, choice) ?? await fileKey(folder, use);
}

async function signerFile(folder: string): Promise<z.infer<typeof SignerFile> | null> {
  const text = await textAt(join(folder, "signer.json"));
  if (text === null) return null;
  try {
    return SignerFile.parse(JSON.parse(text));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    throw new SigningFailed(
      `Cannot read signer.json of the signing directory: ${
        issue === undefined ? "it is no JSON" : `${issue.path.join(".")}: ${issue.message}`
      }`,
      'For example { "v": 1, "evidence": { "command": ["/usr/local/bin/sign"], "publicKey": "kms.pem" } }',
    );
  }
}

/** A list in JSON, or the path of a program. */
export function argvOf(text: string, name: string): string[] {
  if (!text.trimStart().startsWith("[")) return [text];
  try {
    return z.array(z.string().min(1)).min(1).max(50).parse(JSON.parse(text));
  } catch {
    throw new SigningFailed(`${name} is no command`, 'Give a program, or a list: ["program", "argument"]');
  }
}

async function publicKeyOf(text: string, folder: string, name: string): Promise<string> {
  if (text.includes("-----BEGIN PUBLIC KEY-----")) return text;
  const path = isAbsolute(text) ? text : join(folder, text);
  const found = text === "" ? null : await textAt(path);
  if (found !== null) return found;
  throw new SigningFailed(
    `There is no public key of the program that signs: ${name} ${
      text === "" ? "is not set" : `names ${path}`
    }`,
    "Give the public key as PEM, or a file of it: what the program signs is verified by it",
  );
}

/** What programs of the operator get of the environment. */
export function passed(
  env: (name: string) => string | undefined,
  names: readonly string[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["PATH", "HOME", ...names]) {
    const value = env(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
