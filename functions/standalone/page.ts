/** The script of the page that verifies a bundle in the browser: the checks of the command line, over files that never leave it. */
import { z } from "zod";
import type { TrustFile } from "../../policies/evidence/mod.ts";
import {
  BundleUnreadable,
  isTrustFile,
  memoryBundle,
  readTar,
  trustOf,
  verifyEvidence,
} from "../../policies/evidence/reading/mod.ts";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";

// The page's policy allows no code that is made of text.
z.config({ jitless: true });

interface Dropped {
  readonly name: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
}

/** Checks what was given. The trust root is the reader's own: nothing of it is taken from the bundle. */
export async function verifyDropped(
  bundle: Dropped | null,
  root: readonly Dropped[],
): Promise<EvidenceVerification> {
  const failed = (name: string, file: string | null, detail: string): EvidenceVerification => ({
    verified: false,
    checks: [{ name, ok: false, file, detail }],
  });
  if (bundle === null) return failed("bundle", null, "no bundle was given");
  const files: TrustFile[] = [];
  for (const file of root) {
    if (!isTrustFile(file.name)) return failed("trust-root", file.name, "it is no file of a trust root");
    files.push({ name: file.name, text: await file.text() });
  }
  const trust = await trustOf(files);
  if (!trust.ok) return failed("trust-root", trust.error.name, trust.error.why);
  try {
    const read = memoryBundle(readTar(new Uint8Array(await bundle.arrayBuffer())));
    return await verifyEvidence(read, { trust: trust.value });
  } catch (error) {
    if (error instanceof BundleUnreadable) return failed("bundle", error.file, error.message);
    throw error;
  }
}

/** As much of a page as this needs: the contracts of a browser are not loaded for it. */
interface Element {
  textContent: string;
  className: string;
  hidden: boolean;
  files?: ArrayLike<Dropped>;
  replaceChildren(...children: Element[]): void;
  append(...children: Element[]): void;
  addEventListener(
    type: string,
    listener: (event: { preventDefault(): void; dataTransfer?: { files: ArrayLike<Dropped> } }) => void,
  ): void;
}
interface Page {
  getElementById(id: string): Element | null;
  createElement(name: string): Element;
}

function start(page: Page): void {
  const [form, bundle, root, drop, verdict, checks] = [
    "verify-form",
    "verify-bundle",
    "verify-root",
    "verify-drop",
    "verify-verdict",
    "verify-checks",
  ].map((id) => page.getElementById(id));
  if (!form || !bundle || !root || !drop || !verdict || !checks) return;
  let dropped: Dropped | null = null;
  const show = (result: EvidenceVerification) => {
    verdict.textContent = result.verified
      ? "Verified. Decisions were not taken again: forge evidence verify does that."
      : "Not verified.";
    verdict.className = `callout ${result.verified ? "good" : "bad"}`;
    verdict.hidden = false;
    checks.replaceChildren(...result.checks.map(({ name, ok, file, detail }) => {
      const item = page.createElement("li");
      item.className = ok ? "good" : "bad";
      item.textContent = `${ok ? "ok" : "FAIL"} ${name}: ${file === null ? "" : `${file}: `}${detail}`;
      return item;
    }));
  };
  const run = () => {
    const given = dropped ?? bundle.files?.[0] ?? null;
    verifyDropped(given, Array.from(root.files ?? [])).then(show, (error) => {
      show({
        verified: false,
        checks: [{
          name: "bundle",
          ok: false,
          file: null,
          detail: `it could not be checked: ${String(error)}`,
        }],
      });
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  bundle.addEventListener("change", () => {
    dropped = null;
  });
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    dropped = event.dataTransfer?.files[0] ?? null;
    drop.textContent = dropped === null ? "Nothing was dropped" : `${dropped.name} will be verified`;
  });
}

const { document } = globalThis as { document?: Page };
if (document !== undefined) start(document);
