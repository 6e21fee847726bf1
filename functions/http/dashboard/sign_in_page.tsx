import { page } from "./frame.tsx";

/** Asks for a key. It travels in the body of a form, never in a URL. */
export function signInPage(options: { next: string; wrong: boolean; status?: number }): Response {
  return page(
    { title: "Sign in", caller: null },
    <section class="narrow sign-in">
      <h1>Sign in</h1>
      <p class="muted">
        <code>forge serve</code> prints a key when it starts, valid until it stops;{" "}
        <code>forge key issue</code> makes one that stays.
      </p>
      {options.wrong
        ? (
          <p class="callout bad" role="alert">
            That key is not valid here. Copy it whole, from <code>forge_</code> to its end.
          </p>
        )
        : null}
      <form method="post" action="/sign-in" class="stack">
        <input type="hidden" name="next" value={options.next} />
        <input type="text" name="username" autocomplete="username" value="edgeforge" hidden readonly />
        <label for="key">Key</label>
        <input
          id="key"
          name="key"
          type="password"
          required
          autofocus
          autocomplete="current-password"
          spellcheck={false}
          maxlength={300}
          placeholder="forge_…"
          aria-invalid={options.wrong ? "true" : undefined}
        />
        <button type="submit">Sign in</button>
      </form>
    </section>,
    options.status ?? (options.wrong ? 401 : 200),
  );
}
