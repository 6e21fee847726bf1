/** Who can propose a change in this version. */
export const IMPLEMENTERS = ["codemod", "patch", "model", "cli"] as const;
