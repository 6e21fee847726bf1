import type { Account, Directory } from "../users/directory.ts";
import { isValidEmail, normalizeEmail } from "./email.ts";
import { checkPassword, hashPassword } from "./password.ts";
import { openSession, type Session } from "./session.ts";

export interface SignUpForm {
  email: string;
  name: string;
  password: string;
}

export type SignUpResult =
  | { ok: true; account: Account; session: Session }
  | { ok: false; field: "email" | "name" | "password"; message: string };

/** Takes the form of a new customer; nothing is kept unless every field is in order. */
export async function signUp(form: SignUpForm, directory: Directory): Promise<SignUpResult> {
  if (!isValidEmail(form.email)) {
    return { ok: false, field: "email", message: "This is not an e-mail address." };
  }
  const name = form.name.trim();
  if (name === "") {
    return { ok: false, field: "name", message: "Please tell us your name." };
  }
  const problems = checkPassword(form.password);
  if (problems.length > 0) {
    return { ok: false, field: "password", message: `The password ${problems.join(", ")}.` };
  }
  const email = normalizeEmail(form.email);
  if (directory.findByEmail(email) !== null) {
    return { ok: false, field: "email", message: "This address has an account already." };
  }
  const account = directory.add({ email, name, passwordHash: await hashPassword(form.password) });
  return { ok: true, account, session: openSession(account.id) };
}
