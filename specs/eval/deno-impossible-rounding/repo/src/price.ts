/** Rounds a price to whole cents, half away from zero. */
export function roundPrice(price: number): number {
  return Math.sign(price) * Math.round(Math.abs(price) * 100) / 100;
}
