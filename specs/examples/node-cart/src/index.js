export { addLine, createCart, removeLine, setQuantity } from './cart.js';
export { applyCoupon, findCoupon } from './coupon.js';
export { formatCents, roundCents } from './money.js';
export { shippingFor } from './shipping.js';
export { totals } from './totals.js';
