/** What other people's tools say of our bundles: where they are installed. */
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify as verifyBytes } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { installation, sealed } from "../../pipelines/testing/mod.ts";

const VSA = "https://slsa.dev/verification_summary/v1";
const decoded = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

async function has(tool: string): Promise<boolean> {
  try {
    return (await new Deno.Command(tool, { args: ["version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A change that passed, as files below a directory, with the key beside. */
async function room() {
  const dir = await Deno.makeTempDir({ prefix: "forge-third-party-" });
  const at = await installation();
  const files = await sealed(at.attestor);
  at.close();
  for (const [path, bytes] of files) {
    await Deno.mkdir(`${dir}/${path.split("/").slice(0, -1).join("/")}`, { recursive: true });
    await Deno.writeFile(`${dir}/${path}`, bytes);
  }
  await Deno.writeTextFile(`${dir}/evidence-key.pem`, at.trustFiles["evidence.pem"]);
  const patch = files.get("artifacts/change.patch") ?? new Uint8Array();
  return {
    dir,
    files,
    keyId: at.attestor.signer.keyId,
    publicKey: at.trustFiles["evidence.pem"],
    sha256: createHash("sha256").update(patch).digest("hex"),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

const [slsaVerifier, cosign] = await Promise.all(["slsa-verifier", "cosign"].map(has));

Deno.test({
  name: `slsa-verifier verify-vsa takes the verification summary, and refuses it for another patch${
    slsaVerifier ? "" : " (no slsa-verifier here)"
  }`,
  ignore: !slsaVerifier,
  fn: async () => {
    await using at = await room();
    const verify = async (digest: string) =>
      await new Deno.Command("slsa-verifier", {
        args: [
          "verify-vsa",
          "--attestation-path",
          `${at.dir}/statements/99-vsa.dsse.json`,
          "--subject-digest",
          `sha256:${digest}`,
          "--verifier-id",
          "https://edgeforge.dev/verifier/v1",
          "--resource-uri",
          "git+repository",
          "--verified-level",
          "ORG_SOURCE_TESTS_UNWEAKENED",
          "--public-key-path",
          `${at.dir}/evidence-key.pem`,
          "--public-key-id",
          at.keyId,
        ],
      }).output();
    const good = await verify(at.sha256);
    assert.ok(good.success, decoded(good.stderr));
    assert.ok(!(await verify("0".repeat(64))).success);
  },
});

Deno.test({
  name:
    `cosign verify-blob-attestation takes the sigstore bundle by our key, and refuses it for another blob${
      cosign ? "" : " (no cosign here)"
    }`,
  ignore: !cosign,
  fn: async () => {
    await using at = await room();
    const verify = async (blob: string) =>
      await new Deno.Command("cosign", {
        args: [
          "verify-blob-attestation",
          "--key",
          `${at.dir}/evidence-key.pem`,
          "--bundle",
          `${at.dir}/bundles/99-vsa.sigstore.json`,
          "--type",
          VSA,
          "--insecure-ignore-tlog",
          blob,
        ],
      }).output();
    const good = await verify(`${at.dir}/artifacts/change.patch`);
    assert.ok(good.success, decoded(good.stderr));
    assert.ok(!(await verify(`${at.dir}/manifest.json`)).success);
  },
});

// req: N6-10
Deno.test("@sigstore/bundle reads the sigstore bundle, and @sigstore/verify verifies it by the hinted key", async () => {
  await using at = await room();
  const bundle = bundleFromJSON(JSON.parse(decoded(at.files.get("bundles/99-vsa.sigstore.json"))));
  assert.equal(bundle.mediaType, "application/vnd.dev.sigstore.bundle.v0.3+json");
  assert.ok(bundle.verificationMaterial.content.$case === "publicKey");
  assert.equal(bundle.verificationMaterial.content.publicKey.hint, at.keyId);

  const { toSignedEntity, Verifier } = await import("@sigstore/verify");
  const key = createPublicKey(at.publicKey);
  const trust = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: (hint: string) => {
      assert.equal(hint, at.keyId);
      return { publicKey: key, validFor: () => true };
    },
  };
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0 });
  const envelope = JSON.parse(decoded(at.files.get("statements/99-vsa.dsse.json"))) as {
    payload: string;
    payloadType: string;
    signatures: { sig: string }[];
  };
  const verifies = () => {
    try {
      verifier.verify(toSignedEntity(bundle));
      return true;
    } catch {
      return false;
    }
  };
  // Without a digest named, Deno's node:crypto cannot verify by keys on curves, and the library takes that for a wrong signature.
  const payload = new TextEncoder().encode("x");
  let defaults = true;
  try {
    verifyBytes(undefined, payload, key, new Uint8Array(72));
  } catch {
    defaults = false;
  }
  if (defaults) assert.ok(verifies());
  else {
    assert.ok(!verifies(), "this Deno has the default digest now: the exception can go");
    // What the library would verify: the same bytes, by the curve's digest.
    const { dsseEnvelope } = bundle.content.$case === "dsseEnvelope" ? bundle.content : assert.fail();
    const head =
      `DSSEv1 ${dsseEnvelope.payloadType.length} ${dsseEnvelope.payloadType} ${dsseEnvelope.payload.length} `;
    const signed = new Uint8Array([...new TextEncoder().encode(head), ...dsseEnvelope.payload]);
    const [signature] = dsseEnvelope.signatures;
    assert.ok(signature && verifyBytes("sha256", signed, key, signature.sig));
    signed[signed.length - 1] = (signed.at(-1) ?? 0) ^ 1;
    assert.ok(!verifyBytes("sha256", signed, key, signature.sig));
  }
  assert.equal(envelope.payloadType, "application/vnd.in-toto+json");
});
