/** Micro-USD for people. */
export function usd(micro: number): string {
  const text = (micro / 1_000_000).toFixed(6).replace(/0{1,4}$/, "");
  return `$${text}`;
}
