const FREE_FROM_CENTS = 5000;

/** Shipping in cents by weight; free from 50.00 on, nothing for an empty cart. */
export function shippingFor(grams, goods) {
  if (grams === 0 || goods >= FREE_FROM_CENTS) return 0;
  if (grams <= 1000) return 390;
  return 390 + Math.ceil((grams - 1000) / 500) * 120;
}
