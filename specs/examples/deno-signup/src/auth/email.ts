/** The form in which addresses are compared: no surrounding space, lower case. */
export function normalizeEmail(input: string): string {
  return input.trim().toLowerCase();
}

/** Whether an address can be written to. */
export function isValidEmail(input: string): boolean {
  return normalizeEmail(input).includes("@");
}
