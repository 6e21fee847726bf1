/** Verifies a bundle in the reader's own browser, by keys that the reader gives. */
import type { Caller } from "../door.ts";
import { page } from "./frame.tsx";

export function verifyPage(caller: Caller): Response {
  return page(
    { title: "Verify evidence", current: "/evidence", caller },
    <>
      <p class="crumbs">
        <a href="/evidence">Evidence</a> <span aria-hidden="true">/</span> Verify
      </p>
      <h1>Verify evidence</h1>
      <p>
        The files stay in this browser. A bundle is the tar of <code>/v1/evidence/ID/bundle</code> or of{" "}
        <code>forge evidence export ID bundle.tar</code>; the keys are what{" "}
        <code>forge evidence keys DIR</code> writes, and should come to you another way than the bundle.
      </p>
      <noscript>
        <p class="callout idle">
          Without script this page cannot check anything:{" "}
          <code>forge evidence verify bundle.tar --trust-root DIR</code>
        </p>
      </noscript>
      <form id="verify-form" class="card">
        <p id="verify-drop">
          <label for="verify-bundle">Bundle (tar), chosen or dropped here</label>{" "}
          <input id="verify-bundle" type="file" accept=".tar,application/x-tar" />
        </p>
        <p>
          <label for="verify-root">Trust root: .pem, .vkey, keys.json, witnesses.json</label>{" "}
          <input id="verify-root" type="file" multiple accept=".pem,.vkey,.json" />
        </p>
        <button type="submit">Verify</button>
      </form>
      <p id="verify-verdict" role="status" hidden></p>
      <ul id="verify-checks" class="notes"></ul>
      <script type="module" src="/assets/verifier.js"></script>
    </>,
  );
}
