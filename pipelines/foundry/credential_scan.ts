import { type SecretMatcher, secretMatcher } from "../../connectors/data/mod.ts";

const matchers = new WeakMap<ReadonlySet<string>, { size: number; matcher: SecretMatcher }>();

/** Whether a text holds a credential of the run in any of its forms, as it is or within JSON. One pass, whatever their number. */
export function holdsCredential(text: string, secrets: ReadonlySet<string>): boolean {
  if (secrets.size === 0) return false;
  let known = matchers.get(secrets);
  // Credentials are only ever added.
  if (known === undefined || known.size !== secrets.size) {
    const forms = [...secrets].flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);
    known = { size: secrets.size, matcher: secretMatcher(forms) };
    matchers.set(secrets, known);
  }
  return known.matcher.inText(text);
}
