export { isValidEmail, normalizeEmail } from "./auth/email.ts";
export { checkPassword, hashPassword, verifyPassword } from "./auth/password.ts";
export { openSession, sessionIsLive } from "./auth/session.ts";
export { signUp } from "./auth/signup.ts";
export { createDirectory } from "./users/directory.ts";
export type { SignUpForm, SignUpResult } from "./auth/signup.ts";
export type { Account, Directory } from "./users/directory.ts";
