/** Keeps a number between two others. */
export function clamp(number, low, high) {
  if (low > high) throw new RangeError(`low ${low} is greater than high ${high}`);
  return Math.min(high, Math.max(low, number));
}
