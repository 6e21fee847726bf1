import { roundCents } from './money.js';

const COUPONS = [
  { code: 'WELCOME10', percent: 10 },
  { code: 'TEATIME', percent: 25, minimum: 2000 },
  { code: 'FIVEOFF', cents: 500 },
];

/** The coupon of a code as customers type it, or null. */
export function findCoupon(code) {
  return COUPONS.find((coupon) => coupon.code === code) ?? null;
}

/** What a coupon takes off a subtotal, in cents. */
export function applyCoupon(subtotal, coupon) {
  if (coupon === null || subtotal < (coupon.minimum ?? 0)) return 0;
  if (coupon.percent !== undefined) return roundCents((subtotal * coupon.percent) / 100);
  return coupon.cents;
}
