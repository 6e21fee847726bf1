import { applyCoupon } from './coupon.js';
import { shippingFor } from './shipping.js';

/** Subtotal, discount, shipping and total of a cart, in cents. */
export function totals(cart, coupon = null) {
  const subtotal = cart.lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
  const grams = cart.lines.reduce((sum, line) => sum + line.grams * line.quantity, 0);
  const discount = applyCoupon(subtotal, coupon);
  const goods = subtotal - discount;
  const shipping = shippingFor(grams, goods);
  return { subtotal, discount, shipping, total: goods + shipping };
}
